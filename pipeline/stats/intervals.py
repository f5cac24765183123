"""Intervals and tests of shares: Wilson, stratified samples, Newcombe, Holm."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.stats.numbers import rounded


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
