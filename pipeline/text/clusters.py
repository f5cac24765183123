"""Connected components: what belongs together because a chain of pairs joins it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def components(size: int, pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """For each of `size` rows the smallest row that a chain of `pairs` joins it to."""
    parent = list(range(size))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for a, b in pairs:
        low, high = sorted((root(int(a)), root(int(b))))
        parent[high] = low
    return np.array([root(n) for n in range(size)], np.int64)


def same_value(values: Sequence[str | None]) -> list[tuple[int, int]]:
    """Pairs that join rows of equal value; None equals nothing."""
    first: dict[str, int] = {}
    pairs = ((first.setdefault(value, n), n) for n, value in enumerate(values) if value is not None)
    return [(a, b) for a, b in pairs if a != b]
