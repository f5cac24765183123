"""How far pairs of annotators agree, who share most items: Cohen's kappa of each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from pipeline.stats.agreement import cohen_kappa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.label.aggregation.votes import Ints, Votes


def pairs(votes: Votes, at_most: int) -> list[dict[str, object]]:
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


def _pair(votes: Votes, pair: int, cells: list[tuple[int, int]]) -> dict[str, object]:
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
