"""Regression: mean absolute error, RMSE, R2, Pearson and Spearman correlation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import mean_of
from pipeline.stats.numbers import Floats, Metric, divide, rounded

_CELLS = 5  # a guess: not measured


def compute_metrics(
    records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
) -> Evaluation:
    """Headline `mae`, lower is better. `confusion` pairs the fifths of the true numbers' distribution.

    There is no right or wrong and no stated confidence, so `correct` is null and `reliability` has no rows.
    """
    given = np.array([float(record.target) for record in records])
    said = np.array([float(prediction.value) for prediction in predictions])
    gaps = np.abs(said - given)
    squared = mean_of(gaps**2)
    metrics: dict[str, Metric] = {
        "mae": mean_of(gaps),
        "rmse": lambda weights: np.sqrt(squared(weights)),
        "pearson": lambda weights: correlation(given[None], said[None], weights),
        "spearman": lambda weights: correlation(ranks(given, weights), ranks(said, weights), weights),
        "r2": lambda weights: 1 - divide(weights @ gaps**2, _spread(given[None], weights), 1.0),
    }
    edges = np.unique(np.quantile(given, np.linspace(0, 1, _CELLS + 1)[1:-1]))
    return Evaluation(
        metrics=metrics,
        headline="mae",
        lower_is_better=frozenset({"mae", "rmse"}),
        correct=[None] * len(records),
        wrongness=[rounded(gap) for gap in gaps],
        confusion=list(zip(_cells(given, edges), _cells(said, edges), strict=True)),
        reliability=[],
        details={
            "given": {"mean": rounded(given.mean()), "spread": rounded(given.std())},
            "predicted": {"mean": rounded(said.mean()), "spread": rounded(said.std())},
        },
    )


def correlation(a: Floats, b: Floats, weights: Floats) -> Floats:
    """Pearson's r of two values a row (each of shape (1 or resamples, rows)); 0 where one of them is constant."""
    both = _centred(a, weights) * _centred(b, weights)
    return divide((weights * both).sum(axis=1), np.sqrt(_spread(a, weights) * _spread(b, weights)))


def ranks(values: Floats, weights: Floats) -> Floats:
    """The mean rank of each row among rows drawn as often as its weight says; shape (resamples, rows)."""
    _, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    size = np.add.reduceat(weights[:, order], starts, axis=1)  # (resamples, distinct values)
    below = np.cumsum(size, axis=1) - size
    return np.asarray((below + (size + 1) / 2)[:, group], np.float64)


def _centred(values: Floats, weights: Floats) -> Floats:
    mean = divide((weights * values).sum(axis=1), weights.sum(axis=1), np.nan)
    return np.asarray(values - mean[:, None], np.float64)


def _spread(values: Floats, weights: Floats) -> Floats:
    found = np.asarray((weights * _centred(values, weights) ** 2).sum(axis=1), np.float64)
    return np.where(found < 1e-12 * np.maximum(1.0, np.abs(values).max() ** 2), 0.0, found)


def _cells(values: Floats, edges: Floats) -> list[str]:
    """Each number's interval, named so that names sort by size. Example: '2: -0.5 to 0.1'."""
    limits = ["", *(f"{edge:.3g}" for edge in edges), ""]
    names = [
        f"{n + 1}: {low} to {high}" if low and high else f"{n + 1}: {'below ' + high if high else 'from ' + low}"
        for n, (low, high) in enumerate(itertools.pairwise(limits))
    ]
    return [names[n] for n in np.searchsorted(edges, values, side="right")] if len(edges) else ["1: all"] * len(values)
