"""The nearest records outside a record's own group, and how much each of them counts.

Cosines are sums of products of whole numbers (each entry of a unit vector times 4000, rounded) that float32 holds
without loss, so that they are the same in whatever order they are added up. A list of neighbours therefore hangs on the
vectors alone, and one that an earlier run kept is brought up to date by what came and went (neighbour_lists.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from pipeline.modeling.features.neighbour_lists import Block, Known, kept_lists, searched
from pipeline.runtime.engine import load_engine
from pipeline.runtime.part_cache import FEWEST_ROWS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Keys = NDArray[np.uint64]

NEIGHBOURS = 100  # chosen with benchmarks/label_errors.py
# `_SHARPNESS` is a guess: not measured.
_SHARPNESS = 20.0  # a neighbour's vote counts exp(20 * cosine): one at 0.9 outweighs seven at 0.8
#: Sums of products of two such vectors stay below 2**24, up to which float32 holds every whole number.
_SCALE = 4000
_ROWS = 4096  # of which lists are kept together; a guess: not measured


def nearest(
    vectors: NDArray[np.float32],
    groups: Sequence[str],
    known: NDArray[np.float32],
    known_groups: Sequence[str],
    use: str,
    names: tuple[Keys, Keys] | None = None,
) -> Iterator[tuple[Integers, Integers, Floats]]:
    """Part by part: its rows, the rows of the nearest `known`, their weights (sum 1), shape (rows, neighbours).

    Vectors are L2-normalised. Weights of members of the row's own group are 0. Of equally near ones the earlier count.
    What was found is kept for later runs under the name `use`: what is near hangs on no label. `names`: what `named`
    gives for `vectors` and `known`, where it is known.
    """
    codes = {name: n for n, name in enumerate(dict.fromkeys([*groups, *known_groups]))}
    mine, theirs = (np.array([codes[name] for name in names], np.int64) for names in (groups, known_groups))
    count = min(NEIGHBOURS, len(known))
    if len(vectors) < FEWEST_ROWS:
        among = Known(_whole(known), theirs, np.zeros(0, np.uint64))
        yield np.arange(len(vectors)), *_weighed(searched(_whole(vectors), mine, among, count))
        return
    own, others = names or (named(vectors, groups), named(known, known_groups))
    among = Known(_whole(known), theirs, others)
    parts = _parts(own)
    blocks = (
        Block(f"{use}, {number} of {len(parts)}", _whole(vectors[rows]), mine[rows], own[rows])
        for number, rows in enumerate(parts)
    )
    for rows, lists in zip(parts, kept_lists(blocks, among, count, load_engine()), strict=True):
        yield rows, *_weighed(lists)


def _whole(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors in whole numbers."""
    return np.asarray(np.rint(vectors * np.float32(_SCALE)), np.float32)


def named(vectors: NDArray[np.float32], groups: Sequence[str]) -> Keys:
    """A number for each row that tells its vector and group: equal for equal ones."""
    data = np.ascontiguousarray(vectors)
    found = (
        blake2b(row.data, digest_size=8, key=blake2b(group.encode("utf-8", "surrogatepass"), digest_size=16).digest())
        for row, group in zip(data, groups, strict=True)
    )
    return np.frombuffer(b"".join(one.digest() for one in found), np.uint64)


def _parts(names: Keys) -> list[Integers]:
    """The rows in parts by how their names begin, so that a row that comes or goes touches its own part alone."""
    bits = max(0, int(np.ceil(np.log2(max(len(names), 1) / _ROWS))))
    part = (names >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(names), np.int64)
    order = np.argsort(part, kind="stable")
    return np.split(order, np.searchsorted(part[order], np.arange(1, 2**bits)))


def _weighed(lists: tuple[Integers, NDArray[np.int32]]) -> tuple[Integers, Floats]:
    found, products = lists
    weights = np.exp(_SHARPNESS * (products / _SCALE**2 - 1))
    weights[products < -(_SCALE**2) * 2] = 0.0
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    return found, weights
