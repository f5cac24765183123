"""Scores of predictions against what was given: F1 of counts, strict spans, macro precision / recall / F1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import Span
from pipeline.stats.numbers import Floats, Metric, divide


def class_scores(given: Floats, predicted: Floats, average: bool = True) -> dict[str, Metric]:
    """Macro precision, recall and F1 from 0/1 matrices of shape (rows, classes).

    Classes that neither occur nor are predicted in a resample do not count, as in scikit-learn. With
    `average` False each function returns (resamples, classes) instead, nan where a class is absent.
    """
    hits = given * predicted

    def parts(weights: Floats) -> tuple[Floats, Floats, Floats]:
        return weights @ hits, weights @ predicted, weights @ given

    def finish(values: Floats, present: NDArray[np.bool_]) -> Floats:
        if not average:
            return np.where(present, values, np.nan)
        return divide((values * present).sum(axis=1), present.sum(axis=1).astype(np.float64), np.nan)

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


def span_keys(spans: Sequence[Span] | None) -> set[tuple[int, int, str]]:
    """Spans as (start, end, label): two are equal only where all three are (strict)."""
    return {(int(span["start"]), int(span["end"]), str(span["label"])) for span in spans or ()}


def f1(hits: float, said: float, true: float) -> float:
    """The harmonic mean of precision and recall; 0 where nothing is right, 1 where nothing was there to be said."""
    return 2 * hits / (said + true) if said + true else 1.0
