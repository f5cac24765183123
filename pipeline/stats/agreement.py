"""How far annotators agree: Krippendorff's alpha with an interval, Fleiss' and Cohen's kappa.

Votes are nominal (labels are equal or they are not), grades are numbers. Only items with two votes or more count.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.stats.bootstrap import resample_equal, summarise

Floats = NDArray[np.float64]


def krippendorff_alpha(counts: Floats) -> float | None:
    """Krippendorff's nominal alpha of a table of vote counts (items, labels).

    1 is perfect agreement, 0 what chance gives. None where nothing can be said: no item with two
    votes, or one label only. Method: Krippendorff 2011, https://repository.upenn.edu/asc_papers/43.
    """
    return _alpha(counts, np.ones(len(counts)))


def alpha_interval(counts: Floats, resamples: int, seed: int = 0) -> tuple[float, float] | None:
    """95 % bootstrap interval of alpha over items. Equal rows are drawn together, so a million items are cheap."""
    patterns, times = np.unique(counts[counts.sum(axis=1) > 1], axis=0, return_counts=True)
    if not len(patterns) or _alpha(patterns, times) is None:
        return None
    values = [_alpha(patterns, draw) for draw in resample_equal(times, resamples, seed)]
    found = summarise(0.0, np.array([np.nan if value is None else value for value in values]))
    return found.low, found.high


def _alpha(patterns: Floats, times: object) -> float | None:
    size = patterns.sum(axis=1)
    paired = size > 1
    rows, size, weight = patterns[paired], size[paired], np.asarray(times, np.float64)[paired]
    marginal = weight @ rows
    total = marginal.sum()
    # ordered pairs of unequal votes, each item's weighed by 1 / (votes - 1)
    observed = weight @ ((size**2 - (rows**2).sum(axis=1)) / (size - 1))
    expected = (total**2 - (marginal**2).sum()) / (total - 1) if total > 1 else 0.0
    return float(1 - observed / expected) if expected > 0 else None


def fleiss_kappa(counts: Floats) -> float | None:
    """Fleiss 1971, https://doi.org/10.1037/h0031619; items may differ in their number of votes."""
    size = counts.sum(axis=1)
    rows, size = counts[size > 1], size[size > 1]
    if not len(rows):
        return None
    observed = (((rows**2).sum(axis=1) - size) / (size * (size - 1))).mean()
    shares = rows.sum(axis=0) / rows.sum()
    chance = float((shares**2).sum())
    return float((observed - chance) / (1 - chance)) if chance < 1 else None


def cohen_kappa(table: Floats) -> float | None:
    """Cohen 1960, https://doi.org/10.1177/001316446002000104, of a two-annotator contingency table."""
    total = table.sum()
    if not total:
        return None
    observed = np.trace(table) / total
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / total**2
    return float((observed - chance) / (1 - chance)) if chance < 1 else None


def grade_alpha(grades: Sequence[Sequence[float | None]]) -> float | None:
    """Krippendorff's alpha of numbers (interval metric): one row an item, one place an annotator, None: no grade.

    None where no item has two grades, or all grades are equal. Same method as `krippendorff_alpha`.
    """
    given = ([value for value in row if value is not None] for row in grades)
    rows = [row for row in given if len(row) > 1]
    values = np.array(list(chain.from_iterable(rows)), np.float64)
    expected = float(values.var() * 2 * len(values) / max(len(values) - 1, 1)) if len(values) else 0.0
    if expected <= 0:
        return None
    # The mean squared difference of two grades of one item, each item weighed by its grades.
    observed = sum(map(_weighed_difference, rows)) / len(values)
    return 1 - observed / expected


def _weighed_difference(row: Sequence[float]) -> float:
    return len(row) * 2 * float(np.var(row, ddof=1))
