"""Accuracy, macro precision / recall / F1, calibration and confusions; single and multi label alike."""

from __future__ import annotations

import operator
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

_TOP_CONFUSIONS = 20  # a guess: not measured


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `accuracy`; with `multi_label` a row is right only when its whole label set is (subset accuracy).

    `micro_f1` over all labels is added there. `ece` and `brier` appear where the model states confidences and scores.
    """
    given = [label_set(record.target) for record in records]
    predicted = [label_set(prediction.value) for prediction in predictions]
    labels = task.labels or tuple(sorted(set().union(*given, *predicted)))
    truth, said = indicators(given, labels), indicators(predicted, labels)
    correct = list(map(operator.eq, given, predicted))
    right: Floats = np.array(correct, np.float64)
    metrics: dict[str, Metric] = {"accuracy": mean_of(right)}
    if task.multi_label:
        metrics["micro_f1"] = micro_f1(truth * said, said, truth)
    metrics |= {f"macro_{name}": metric for name, metric in class_scores(truth, said).items()}
    confidence = confidences(predictions)
    bins: list[dict[str, Any]] = []
    if confidence is not None:
        metrics["ece"] = expected_calibration_error(confidence, right, params.calibration_bins)
        bins = reliability(confidence, right, params.calibration_bins)
    metrics |= _brier(predictions, truth, labels)
    pairs = list(zip(map(_join, given), map(_join, predicted), strict=True))
    return Evaluation(
        metrics=metrics,
        headline="accuracy",
        lower_is_better=frozenset({"ece", "brier"}),
        correct=list(correct),
        wrongness=[None if hit else (p.confidence or 0.0) for hit, p in zip(correct, predictions, strict=True)],
        confusion=pairs,
        reliability=bins,
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


def top_confusions(pairs: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    """The most frequent (given, predicted) pairs that differ."""
    counts = Counter(pair for pair in pairs if pair[0] != pair[1])
    return [{"given": a, "predicted": b, "count": n} for (a, b), n in ranked(counts)[:_TOP_CONFUSIONS]]


def _brier(predictions: Sequence[Prediction], truth: Floats, labels: Sequence[str]) -> dict[str, Metric]:
    """The Brier score, where every prediction states its scores."""
    if not all(prediction.scores for prediction in predictions):
        return {}
    scores = np.array([[prediction.scores.get(label, 0.0) for label in labels] for prediction in predictions])
    return {"brier": mean_of(((scores - truth) ** 2).sum(axis=1))}


def confidences(predictions: Sequence[Prediction]) -> Floats | None:
    """The confidence of every prediction; None where one states none."""
    values = [prediction.confidence for prediction in predictions]
    return None if any(value is None for value in values) else np.array(values, np.float64)


def _join(labels: tuple[str, ...]) -> str:
    return "+".join(labels) or "(none)"
