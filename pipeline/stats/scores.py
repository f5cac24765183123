"""Scores of predictions against what was given: F1 of counts, strict spans, macro precision / recall / F1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import Span
from pipeline.stats.numbers import Floats, Metric, divide

Codes = NDArray[np.int64]


def class_scores(given: Floats, predicted: Floats, average: bool = True) -> dict[str, Metric]:
    """Macro precision, recall and F1 from 0/1 matrices of shape (rows, classes); see `scores_of_counts`."""
    return scores_of_counts(given * predicted, predicted, given, average)


def scores_of_counts(
    hits: Floats, predicted: Floats, given: Floats, average: bool = True, nothing: float = np.nan
) -> dict[str, Metric]:
    """Macro precision, recall and F1 from counts of what was right, predicted and given, each (rows, classes).

    The mean over the classes that occur or are predicted in a resample, as in scikit-learn; `nothing` where none does.
    With `average` False each function returns (resamples, classes) instead, nan where a class is absent.
    """

    def parts(weights: Floats) -> tuple[Floats, Floats, Floats]:
        return weights @ hits, weights @ predicted, weights @ given

    def finish(values: Floats, present: NDArray[np.bool_]) -> Floats:
        if not average:
            return np.where(present, values, np.nan)
        return divide((values * present).sum(axis=1), present.sum(axis=1).astype(np.float64), nothing)

    def precision(weights: Floats) -> Floats:
        hit, said, true = parts(weights)
        return finish(divide(hit, said), said + true > 0)

    def recall(weights: Floats) -> Floats:
        hit, said, true = parts(weights)
        return finish(divide(hit, true), said + true > 0)

    def f1(weights: Floats) -> Floats:
        hit, said, true = parts(weights)
        return finish(divide(2 * hit, said + true), said + true > 0)

    return {"precision": precision, "recall": recall, "f1": f1}


def micro_f1(hits: Floats, predicted: Floats, given: Floats) -> Metric:
    """Micro F1 from the same counts: over all classes together; 1 where nothing was given and nothing predicted."""
    hit, said, true = (np.asarray(part.sum(axis=1), np.float64) for part in (hits, predicted, given))
    return lambda weights: divide(2 * (weights @ hit), weights @ said + weights @ true, 1.0)


def macro_f1(given: Codes, predicted: Codes) -> Metric:
    """Macro F1 of one class a row; classes are numbers from 0 on."""
    truth, said = one_hot(given, predicted)
    return class_scores(truth, said)["f1"]


def one_hot(*codes: Codes) -> list[Floats]:
    """Class numbers as 0/1 matrices of shape (rows, classes), all with the classes of all."""
    classes = 1 + max((int(part.max()) for part in codes if len(part)), default=-1)
    return [(part[:, None] == np.arange(classes)).astype(np.float64) for part in codes]


def plain(metric: Metric, rows: int) -> float:
    """The figure itself: every row counts once."""
    return float(metric(np.ones((1, rows)))[0])


def span_keys(spans: Sequence[Span] | None) -> set[tuple[int, int, str]]:
    """Spans as (start, end, label): two are equal only where all three are (strict)."""
    return {(int(span["start"]), int(span["end"]), str(span["label"])) for span in spans or ()}


def f1(hits: float, said: float, true: float) -> float:
    """The harmonic mean of precision and recall; 0 where nothing is right, 1 where nothing was there to be said."""
    return 2 * hits / (said + true) if said + true else 1.0
