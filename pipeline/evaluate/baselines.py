"""What simple models reach on the same test split after learning from the same train split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.evaluate.extractive_baselines import EXTRACTS
from pipeline.evaluate.params import Params
from pipeline.evaluate.simple_baselines import SIMPLE
from pipeline.modeling.features.encoder import occupied, tfidf
from pipeline.modeling.features.linear import THOROUGH, fit
from pipeline.modeling.prediction import Prediction
from pipeline.tasks import task_type


def references(
    train: Sequence[Record], test: Sequence[Record], task: Task, params: Params
) -> dict[str, list[Prediction]]:
    """`baselines` of `baseline_rows`, and `bilstm_crf` of `bilstm_rows` where that is set (ner)."""
    found = baselines(train, test, task, params.baseline_rows) if params.baseline_rows else {}
    if params.bilstm_rows:
        found["bilstm_crf"] = _bilstm(_sample(train, params.bilstm_rows), test, task, params.seed)
    return found


def _bilstm(train: Sequence[Record], test: Sequence[Record], task: Task, seed: int) -> list[Prediction]:
    from pipeline.modeling.heads.bilstm import tag_by_bilstm

    if task.type != "ner":
        raise PipelineError(
            f"params.yaml: evaluate.bilstm_rows is for entities, not for task '{task.type}'.", "Set it to 0."
        )
    text = task_type(task).main_text
    pairs = [(text(record), record.target) for record in train]
    return [Prediction(spans) for spans in tag_by_bilstm(pairs, [text(record) for record in test], task.labels, seed)]


def _sample(train: Sequence[Record], rows: int) -> list[Record]:
    return sorted(train, key=lambda record: share("reference", record.id))[:rows]


def baselines(train: Sequence[Record], test: Sequence[Record], task: Task, rows: int) -> dict[str, list[Prediction]]:
    """Predictions of simple models by name: see `SIMPLE` for targets that are no class, `EXTRACTS` for text targets.

    For tasks with a class: the majority class, and TF-IDF with logistic regression.

    Learns from at most `rows` train records, drawn by id. Term weights are fitted on train and test texts
    together (texts only, no labels), which if anything favours the reference.
    """
    kind = task_type(task)
    sample = _sample(train, rows)
    simple = SIMPLE.get(kind.target_kind(task))
    if simple is not None:
        return simple(sample, test, task) if sample else {}
    names = [name for record in sample if (name := kind.stratum(record)) is not None]
    if not names or len(names) != len(sample):
        return EXTRACTS[task.type](sample, test) if task.type in EXTRACTS else {}
    targets: dict[str, Target] = {name: record.target for name, record in zip(names, sample, strict=True)}
    counts = Counter(names)
    majority = min(counts, key=lambda name: (-counts[name], name))
    found = {"majority": [Prediction(targets[majority], counts[majority] / len(names)) for _ in test]}
    if len(counts) > 1:
        texts = [kind.main_text(record) for record in (*sample, *test)]
        found["tfidf_logistic_regression"] = _linear(texts, names, targets)
    return found


def _linear(texts: Sequence[str], names: Sequence[str], targets: Mapping[str, Target]) -> list[Prediction]:
    """Predictions for the texts that have no name, by logistic regression on TF-IDF of the first ones, that have."""
    matrix = occupied(tfidf(texts))
    head = fit(matrix[: len(names)], names, strength=10.0, tolerance=THOROUGH)
    probabilities = head.probabilities(matrix[len(names) :])
    return [
        Prediction(targets[head.labels[row.argmax()]], float(row.max()), _scores(head.labels, row, targets))
        for row in probabilities
    ]


def _scores(labels: Sequence[str], row: np.ndarray, targets: Mapping[str, Target]) -> dict[str, float]:
    """A probability per class; none where a class is a set of labels."""
    if any(isinstance(targets[label], list) for label in labels):
        return {}
    return {label: float(p) for label, p in zip(labels, row, strict=True)}
