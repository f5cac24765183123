"""How sure a figure is: bootstrap intervals, paired differences, Holm's correction.

A metric is a function of row weights: it takes an array of shape (resamples, rows) and
returns one value a resample. With weights of one it gives the plain figure; with the counts
of a bootstrap resample it gives one draw; with a mask it gives a slice; and the difference
of two metrics on equal weights is a paired comparison. One idea serves all four.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.stats.numbers import Floats, Metric, divide, rounded

#: Cells (resamples x rows) that are held in memory at once: 32 MB of floats. A guess: not measured.
_CELLS = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A figure, its percentile interval, and a two-sided p for 'this is zero' (normal approximation)."""

    value: float
    low: float
    high: float
    p: float

    def as_dict(self) -> dict[str, float]:
        """`{"value", "low", "high"}`, rounded, for reports."""
        return {name: rounded(getattr(self, name)) for name in ("value", "low", "high")}


def estimate(
    metrics: Mapping[str, Metric], rows: int, resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> dict[str, Estimate]:
    """Each metric with its interval; all metrics see the same resamples of the rows."""
    draws: dict[str, list[Floats]] = {name: [] for name in metrics}
    for weights in resample(rows, resamples, seed):
        for name, metric in metrics.items():
            draws[name].append(metric(weights))
    once = np.ones((1, rows))
    return {
        name: summarise(float(metric(once)[0]), np.concatenate(draws[name]), level) for name, metric in metrics.items()
    }


def summarise(value: float, draws: Floats, level: float = 0.95) -> Estimate:
    """A figure and its bootstrap draws as an `Estimate`; draws that do not exist (nan) are left out."""
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return Estimate(value, value, value, 1.0)
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    spread = float(draws.std())
    if spread < 1e-12:  # no row can change the figure: it is zero, or it is certainly not
        return Estimate(value, float(low), float(high), float(abs(value) < 1e-12))
    return Estimate(value, float(low), float(high), math.erfc(abs(value) / spread / math.sqrt(2)))


def resample(rows: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each row is drawn in each bootstrap resample, in parts of shape (some resamples, rows)."""
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // max(rows, 1))
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        drawn = rng.integers(0, rows, (count, rows)) + np.arange(count)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(np.float64)


def resample_equal(times: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each kind of row is drawn where rows of a kind are equal; `times` is how often each kind occurs.

    The same draws as of the rows themselves, but a million rows of few kinds are cheap. Shape (resamples, kinds).
    """
    draws: NDArray[np.int64] = np.random.default_rng(seed).multinomial(times.sum(), times / times.sum(), size=resamples)
    return draws


def difference(first: Metric, second: Metric) -> Metric:
    """The paired difference: first minus second on the same resamples."""
    return lambda weights: first(weights) - second(weights)


def masked(metric: Metric, mask: NDArray[np.bool_]) -> Metric:
    """The metric on the rows where `mask` holds."""
    return lambda weights: metric(weights * mask)


def mean_of(values: Sequence[float] | Floats) -> Metric:
    """The mean of one value a row."""
    return ratio_of(values, np.ones(len(values)))


def ratio_of(above: Sequence[float] | Floats, below: Sequence[float] | Floats) -> Metric:
    """The sum of one value a row over the sum of another (loss over tokens); nan where nothing was drawn."""
    top, bottom = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return lambda weights: divide(weights @ top, weights @ bottom, np.nan)
