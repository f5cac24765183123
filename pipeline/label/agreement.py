"""How far annotators agree: Krippendorff's alpha with an interval, Fleiss' and Cohen's kappa.

All are nominal: labels are equal or they are not. Only items with two votes or more count.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stats.bootstrap import resample_equal, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.label.aggregation.votes import Floats, Ints, Votes


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


def _alpha(patterns: Floats, times: Any) -> float | None:
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


def pairs(votes: Votes, at_most: int) -> list[dict[str, Any]]:
    """Cohen's kappa of the `at_most` pairs of annotators who share most items.

    Costs votes x votes per item, not annotators squared.
    """
    people, size = len(votes.annotators), len(votes.labels)
    codes = [np.zeros(0, np.int64)]
    for first, second in _together(votes):
        a, b = votes.annotator[first], votes.annotator[second]
        swap = a > b
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        la, lb = votes.label[first], votes.label[second]
        la, lb = np.where(swap, lb, la), np.where(swap, la, lb)
        codes.append(((a * people + b) * size + la) * size + lb)
    cells, seen = np.unique(np.concatenate(codes), return_counts=True)
    tables: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for cell, times in zip(cells.tolist(), seen.tolist(), strict=True):
        tables[cell // size**2].append((cell % size**2, times))
    ranked = sorted(tables, key=lambda pair: (-sum(times for _, times in tables[pair]), pair))
    return [_pair(votes, pair, tables[pair]) for pair in ranked[:at_most]]


def _pair(votes: Votes, pair: int, cells: list[tuple[int, int]]) -> dict[str, Any]:
    first, second = divmod(pair, len(votes.annotators))
    table = np.zeros((len(votes.labels), len(votes.labels)))
    for cell, times in cells:
        table[divmod(cell, len(votes.labels))] = times
    return {
        "annotators": [votes.annotators[first], votes.annotators[second]],
        "items": int(table.sum()),
        "agree": float(np.trace(table) / table.sum()),
        "kappa": cohen_kappa(table),
    }


def _together(votes: Votes) -> Iterator[tuple[Ints, Ints]]:
    """Index pairs of votes on one item by two annotators: votes are sorted, so neighbours at each distance."""
    index = np.arange(len(votes.item))
    for distance in range(1, len(index)):
        first, second = index[:-distance], index[distance:]
        same = votes.item[first] == votes.item[second]
        if not same.any():
            return
        other = same & (votes.annotator[first] != votes.annotator[second])
        yield first[other], second[other]
