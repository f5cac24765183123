"""How sure a figure is: bootstrap intervals, paired differences, Holm's correction.

A metric is a function of row weights: it takes an array of shape (resamples, rows) and
returns one value a resample. With weights of one it gives the plain figure; with the counts
of a bootstrap resample it gives one draw; with a mask it gives a slice; and the difference
of two metrics on equal weights is a paired comparison. One idea serves all four.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Row weights of shape (resamples, rows) -> one value a resample.
Metric = Callable[[Floats], Floats]

#: Cells (resamples x rows) that are held in memory at once: 32 MB of floats.
_CELLS = 4_000_000
#: Figures are rounded to this many digits, so that the order of summation never shows in the output bytes.
DIGITS = 6


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


def divide(above: Floats, below: Floats, otherwise: float = 0.0) -> Floats:
    """`above / below`, and `otherwise` where `below` is zero."""
    return np.divide(above, below, out=np.full(np.shape(above), otherwise), where=below != 0)


def wilson(right: float, count: float, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of the share `right / count` (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    p = right / count
    middle, half = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return max(0.0, (middle - half) / (1 + z * z / count)), min(1.0, (middle + half) / (1 + z * z / count))


def share_of(right: float, count: float) -> dict[str, float]:
    """The share `right / count` with Wilson's interval, as `Estimate.as_dict`."""
    low, high = wilson(right, count)
    return {"value": rounded(right / count if count else 0.0), "low": rounded(low), "high": rounded(high)}


def stratified(parts: Sequence[tuple[float, int, int]]) -> dict[str, float]:
    """The share in all strata from a sample of each: (weight, right, count), weights summing to 1, counts above zero.

    Wilson's interval at the effective sample size: that of a simple random sample as precise (Dean & Pagano 2015,
    https://doi.org/10.1093/jssam/smv024). Each part's variance leans on the whole by one observation, so that a part in
    which none or all were right is not taken for certain.
    """
    share = sum(weight * right / count for weight, right, count in parts)
    leaning = [(weight, (right + share) / (count + 1), count) for weight, right, count in parts]
    middle = sum(weight * p for weight, p, _ in leaning)
    variance = sum(weight * weight * p * (1 - p) / count for weight, p, count in leaning)
    if variance > 0:
        return share_of(share * middle * (1 - middle) / variance, middle * (1 - middle) / variance)
    effective = 1 / sum(weight * weight / count for weight, _, count in parts)
    return share_of(share * effective, effective)


def difference_of_shares(first: tuple[float, int], second: tuple[float, int]) -> dict[str, float]:
    """The first share (right, count) minus the second, with the 95 % interval of Newcombe 1998 (method 10)."""
    (p, (p_low, p_high)), (q, (q_low, q_high)) = (
        (right / count, wilson(right, count)) for right, count in (first, second)
    )
    low, high = p - q - math.hypot(p - p_low, q_high - q), p - q + math.hypot(p_high - p, q - q_low)
    return {"value": rounded(p - q), "low": rounded(low), "high": rounded(high)}


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given (Holm 1979).

    Example: [0.01, 0.04, 0.03] -> [0.03, 0.06, 0.06].
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, n in enumerate(sorted(range(len(p_values)), key=lambda n: p_values[n])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[n]))
        adjusted[n] = highest
    return adjusted


def rounded(value: float) -> float:
    """`value` to `DIGITS` digits, with no negative zero."""
    return round(float(value), DIGITS) + 0.0


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
