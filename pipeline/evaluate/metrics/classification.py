"""Accuracy, macro precision / recall / F1, calibration and confusions; single and multi label alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.core.counts import ranked
from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of
from pipeline.stats.calibration import expected_calibration_error, reliability
from pipeline.stats.numbers import Floats, Metric, rounded
from pipeline.stats.scores import class_scores, micro_f1

_TOP_CONFUSIONS = 20


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `accuracy`; with `multi_label` a row is right only when its whole label set is (subset accuracy).

    `micro_f1` over all labels is added there. `ece` and `brier` appear where the model states confidences and scores.
    """
    given = [label_set(record.target) for record in records]
    predicted = [label_set(prediction.value) for prediction in predictions]
    labels = task.labels or tuple(sorted({name for names in (*given, *predicted) for name in names}))
    truth, said = indicators(given, labels), indicators(predicted, labels)
    correct = [a == b for a, b in zip(given, predicted, strict=True)]
    metrics: dict[str, Metric] = {"accuracy": mean_of(np.array(correct, np.float64))}
    if task.multi_label:
        metrics["micro_f1"] = micro_f1(truth * said, said, truth)
    metrics |= {f"macro_{name}": metric for name, metric in class_scores(truth, said).items()}
    confidence = _confidences(predictions)
    if confidence is not None:
        metrics["ece"] = expected_calibration_error(confidence, np.array(correct, np.float64), params.calibration_bins)
    if all(prediction.scores for prediction in predictions):
        scores = np.array([[p.scores.get(label, 0.0) for label in labels] for p in predictions])
        metrics["brier"] = mean_of(((scores - truth) ** 2).sum(axis=1))
    pairs = [(_join(a), _join(b)) for a, b in zip(given, predicted, strict=True)]
    return Evaluation(
        metrics=metrics,
        headline="accuracy",
        lower_is_better=frozenset({"ece", "brier"}),
        correct=list(correct),
        wrongness=[None if right else (p.confidence or 0.0) for right, p in zip(correct, predictions, strict=True)],
        confusion=pairs,
        reliability=[]
        if confidence is None
        else reliability(confidence, np.array(correct, float), params.calibration_bins),
        details={"per_class": per_class(truth, said, labels), "top_confusions": top_confusions(pairs)},
    )


def label_set(value: Target) -> tuple[str, ...]:
    """The labels of a target: one, several, or none."""
    if value is None:
        return ()
    return tuple(sorted(value)) if isinstance(value, (list, tuple)) else (str(value),)


def indicators(sets: Sequence[tuple[str, ...]], labels: Sequence[str]) -> Floats:
    """A 0/1 matrix of shape (rows, labels)."""
    column = {label: n for n, label in enumerate(labels)}
    matrix = np.zeros((len(sets), len(labels)))
    for row, names in enumerate(sets):
        for name in names:
            matrix[row, column[name]] = 1
    return matrix


def per_class(truth: Floats, said: Floats, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1, support and number of predictions of every label."""
    once = np.ones((1, len(truth)))
    scores = {name: metric(once)[0] for name, metric in class_scores(truth, said, average=False).items()}
    return {
        label: {
            **{name: rounded(np.nan_to_num(values[n])) for name, values in scores.items()},
            "support": int(truth[:, n].sum()),
            "predicted": int(said[:, n].sum()),
        }
        for n, label in enumerate(labels)
    }


def top_confusions(pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """The most frequent (given, predicted) pairs that differ."""
    counts = Counter(pair for pair in pairs if pair[0] != pair[1])
    return [{"given": a, "predicted": b, "count": n} for (a, b), n in ranked(counts)[:_TOP_CONFUSIONS]]


def _confidences(predictions: Sequence[Prediction]) -> Floats | None:
    values = [prediction.confidence for prediction in predictions]
    return None if any(value is None for value in values) else np.array(values, np.float64)


def _join(labels: tuple[str, ...]) -> str:
    return "+".join(labels) or "(none)"
