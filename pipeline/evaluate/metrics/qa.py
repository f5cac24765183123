"""Answers: exact match and F1 by the rules of SQuAD (Chinese: CMRC), with and without an answer in the context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics.classification import confidences
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.answer_scores import answer_scores
from pipeline.stats.bootstrap import masked, mean_of
from pipeline.stats.calibration import expected_calibration_error, reliability
from pipeline.stats.numbers import Floats, Metric


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `f1`; `correct` is the exact match. Where some questions have no answer, both kinds apart too.

    `confusion` pairs (answerable, unanswerable) with (right, partly_right, wrong_answer, no_answer).
    """
    exact, overlap = _scores(records, predictions)
    answerable = np.array([bool(record.target) for record in records])
    metrics: dict[str, Metric] = {"exact_match": mean_of(exact), "f1": mean_of(overlap)}
    if answerable.any() and not answerable.all():
        for name, metric in tuple(metrics.items()):
            metrics[f"answerable_{name}"] = masked(metric, answerable)
        metrics["unanswerable_accuracy"] = masked(mean_of(exact), ~answerable)
    sure = confidences(predictions)
    bins: list[dict[str, Any]] = []
    if sure is not None:
        metrics["ece"] = expected_calibration_error(sure, exact, params.calibration_bins)
        bins = reliability(sure, exact, params.calibration_bins)
    answered = [bool(prediction.value) for prediction in predictions]
    outcomes = list(map(_outcome, exact.tolist(), overlap.tolist(), answered))
    return Evaluation(
        metrics=metrics,
        headline="f1",
        lower_is_better=frozenset({"ece"}),
        correct=[bool(value) for value in exact],
        wrongness=_wrongness(exact, overlap, predictions),
        confusion=list(zip(np.where(answerable, "answerable", "unanswerable").tolist(), outcomes, strict=True)),
        reliability=bins,
        details={"answerable": int(answerable.sum()), "unanswerable": int((~answerable).sum())},
    )


def _scores(records: Sequence[Record], predictions: Sequence[Prediction]) -> tuple[Floats, Floats]:
    """Exact match and overlap of every row."""
    pairs = zip(records, predictions, strict=True)
    scores = [answer_scores(said.value or [], record.target or [], record.lang) for record, said in pairs]
    exact, overlap = np.array(scores).reshape(-1, 2).T
    return exact, overlap


def _wrongness(exact: Floats, overlap: Floats, predictions: Sequence[Prediction]) -> list[float | None]:
    """None for right answers; an answer is the worse the less it overlaps and the surer it is."""
    return [
        None if right else 1.0 - float(part) + (prediction.confidence or 0.0)
        for right, part, prediction in zip(exact, overlap, predictions, strict=True)
    ]


def _outcome(exact: float, overlap: float, answered: bool) -> str:
    if exact:
        return "right"
    if not answered:
        return "no_answer"
    return "partly_right" if overlap else "wrong_answer"
