"""How the scores that a filter looks at are spread, and where its thresholds lie: what a threshold is chosen by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

import numpy as np
from numpy.typing import ArrayLike

#: Where a step's notes hold its histograms: name of the measure -> histogram.
NOTES: Final = "histograms"

#: Bins of a score from 0 to 1. A guess: not measured.
SHARES = tuple(n / 20 for n in range(21))
#: Bins of a length: a factor of two apart. A guess: not measured.
LENGTHS = (0, *(2**n for n in range(17)))


class Histogram(TypedDict):
    """Bin `n` holds the values from `edges[n]` up to `edges[n + 1]`; the first and the last hold what lies beyond.

    `limits`: the name of each threshold (a setting) and where it lies.
    """

    edges: list[float]
    counts: list[int]
    limits: dict[str, float]


def bin_of(value: float, edges: Sequence[float]) -> int:
    """The bin that holds the value. The last one includes its upper edge, and 0.3 is not below 0.3 by rounding."""
    return int(np.clip(np.searchsorted(edges, value + 1e-9, side="right") - 1, 0, len(edges) - 2))


def histogram(
    values: ArrayLike, limits: Mapping[str, float | None], edges: Sequence[float] = SHARES
) -> Histogram | None:
    """The histogram of the values; limits that are None are not set. None where there is no value."""
    found = np.asarray(values, np.float64)
    places = np.clip(np.searchsorted(edges, found + 1e-9, side="right") - 1, 0, len(edges) - 2)
    return from_counts(np.bincount(places, minlength=len(edges) - 1).tolist() if len(found) else [], limits, edges)


def from_counts(
    counts: Sequence[int], limits: Mapping[str, float | None], edges: Sequence[float] = SHARES
) -> Histogram | None:
    """The histogram of counts by bin, such as parts of a table were counted into; None where all are zero."""
    if not any(counts):
        return None
    known = {name: float(at) for name, at in limits.items() if at is not None}
    return {"edges": [float(edge) for edge in edges], "counts": list(counts), "limits": known}
