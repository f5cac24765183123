"""What simple models reach on the same test split after learning from the same train split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.evaluate.extractive_baselines import EXTRACTS
from pipeline.evaluate.simple_baselines import SIMPLE
from pipeline.modeling.features.encoder import occupied, tfidf
from pipeline.modeling.features.linear import THOROUGH, fit
from pipeline.modeling.prediction import Prediction
from pipeline.tasks import task_type


def baselines(train: Sequence[Record], test: Sequence[Record], task: Task, rows: int) -> dict[str, list[Prediction]]:
    """Predictions of simple models by name: see `SIMPLE` for targets that are no class, `EXTRACTS` for text targets.

    For tasks with a class: the majority class, and TF-IDF with logistic regression.

    Learns from at most `rows` train records, drawn by id. Term weights are fitted on train and test texts
    together (texts only, no labels), which if anything favours the reference.
    """
    kind = task_type(task)
    sample = sorted(train, key=lambda record: share("reference", record.id))[:rows]
    simple = SIMPLE.get(kind.target_kind(task))
    if simple is not None:
        return simple(sample, test, task) if sample else {}
    classes = [kind.stratum(record) for record in sample]
    names = [name for name in classes if name is not None]
    if not names or len(names) != len(sample):
        return EXTRACTS[task.type](sample, test) if task.type in EXTRACTS else {}
    targets: dict[str, Target] = {kind.stratum(record) or "": record.target for record in sample}
    counts = Counter(names)
    majority = min(counts, key=lambda name: (-counts[name], name))
    found = {"majority": [Prediction(targets[majority], counts[majority] / len(names)) for _ in test]}
    if len(counts) > 1:
        matrix = occupied(tfidf([kind.main_text(record) for record in (*sample, *test)]))
        head = fit(matrix[: len(sample)], names, strength=10.0, tolerance=THOROUGH)
        probabilities = head.probabilities(matrix[len(sample) :])
        best = probabilities.argmax(axis=1)
        found["tfidf_logistic_regression"] = [
            Prediction(targets[head.labels[n]], float(p), _scores(head.labels, row, targets))
            for n, p, row in zip(best, probabilities.max(axis=1), probabilities, strict=True)
        ]
    return found


def _scores(labels: Sequence[str], row: np.ndarray, targets: dict[str, Target]) -> dict[str, float]:
    """A probability per class; none where a class is a set of labels."""
    if any(isinstance(targets[label], list) for label in labels):
        return {}
    return {label: float(p) for label, p in zip(labels, row, strict=True)}
