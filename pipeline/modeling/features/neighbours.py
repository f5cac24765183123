"""The nearest records outside a record's own group, and how much each of them counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

NEIGHBOURS = 100  # chosen with benchmarks/label_errors.py
# `_SHARPNESS` is a guess: not measured.
_SHARPNESS = 20.0  # a neighbour's vote counts exp(20 * cosine): one at 0.9 outweighs seven at 0.8
_ROWS = 1024  # compared at once; a guess: not measured


def nearest(
    vectors: NDArray[np.float32], groups: Sequence[str], known: NDArray[np.float32], known_groups: Sequence[str]
) -> Iterator[tuple[int, Integers, Floats]]:
    """Batch by batch: its first row, the rows of the nearest `known`, their weights (sum 1), shape (batch, neighbours).

    Vectors are L2-normalised. Weights of members of the row's own group are 0. Batches are kept for later runs: what
    is near hangs on no label.
    """
    codes = {name: n for n, name in enumerate(dict.fromkeys([*groups, *known_groups]))}
    mine = np.array([codes[name] for name in groups])
    theirs = np.array([codes[name] for name in known_groups])
    among = (digest(known), digest(known_groups))
    for start in range(0, len(vectors), _ROWS):
        block, own = vectors[start : start + _ROWS], mine[start : start + _ROWS]
        search = partial(_search, block, own, known, theirs)
        if len(vectors) < FEWEST_ROWS:
            found, cosines = search()
        else:
            found, cosines = kept("neighbours", (among, digest(block), digest(groups[start : start + _ROWS])), search)
        weights = np.exp(_SHARPNESS * (cosines.astype(np.float64) - 1))
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
        yield start, found.astype(np.int64), weights


def _search(
    block: NDArray[np.float32], own: Integers, known: NDArray[np.float32], theirs: Integers
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest `known` rows of a block, and their cosines."""
    count = min(NEIGHBOURS, len(known))
    cosines = block @ known.T
    cosines[own[:, None] == theirs] = -np.inf
    found = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    return found.astype(np.int32), np.take_along_axis(cosines, found, axis=1)
