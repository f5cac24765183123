"""Lists of nearest vectors, kept between runs and brought up to date: what stayed is not compared again.

An entry of a list is one whole number: the product of two vectors, and behind it the other's row counted from the end,
so that a larger number is a nearer vector, and of equally near ones the earlier. Lists are kept somewhat longer than
they are asked for: while the known vectors that went from a list are fewer, what is left of it is still the true
beginning, in which the vectors that came find their places. A list of which too little is left is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.runtime.arrays import array_of, table_of
from pipeline.runtime.engine import Engine
from pipeline.runtime.part_cache import digest, recall, remember
from pipeline.runtime.threads import cores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Keys = NDArray[np.uint64]

_STEP = "neighbours"
_ROOM = 2**24  # vectors that rows of entries can tell apart: 24 bits of a key
_NONE, _ALL = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_OWN = np.float32(-(2.0**26))  # in place of a product: a member of the own group
_SPARE = 1.3  # entries that are kept, as a multiple of those asked for; a guess: not measured
_BLOCK = 1024  # compared at once; a guess: not measured


class Known(NamedTuple):
    """Vectors in whole numbers that neighbours are sought among, their groups, and a number that names each."""

    vectors: NDArray[np.float32]
    groups: Integers
    names: Keys


class _Kept(NamedTuple):
    """What a run leaves of a part: names of its vectors in order, their lists, the digest of the known ones' names."""

    names: Keys
    entries: Integers
    among: str


def searched(
    block: NDArray[np.float32], groups: Integers, among: Known, count: int
) -> tuple[Integers, NDArray[np.int32]]:
    """The rows of the `count` nearest known vectors, nearest first, and the products with them."""
    return _opened(_entries(block, groups, among, count), count)


class Block(NamedTuple):
    """Vectors in whole numbers whose neighbours are sought, their groups and names; their lists are kept at `place`."""

    place: str
    vectors: NDArray[np.float32]
    groups: Integers
    names: Keys


def kept_lists(
    blocks: Iterable[Block], among: Known, count: int, engine: Engine
) -> Iterator[tuple[Integers, NDArray[np.int32]]]:
    """`searched` for each of the blocks, of which an earlier run kept what is still true; what is not is sought anew.

    That is done wherever the engine has its workers.
    """
    wide, told = min(int(count * _SPARE), len(among.names)), digest(among.names)
    left = iter(blocks)
    while window := list(islice(left, cores() if engine.kind == "local" else engine.window)):
        begun = [_begun(block, among, count, wide) for block in window]
        parts = (
            table_of(vectors=b.vectors[rows], groups=b.groups[rows])
            for b, (_, rows, _) in zip(window, begun, strict=True)
            if len(rows)
        )
        fresh = engine.map_parts(partial(_sought, among=among, count=wide), parts, threads=True)
        for block, (entries, rows, before) in zip(window, begun, strict=True):
            if len(rows):
                entries[rows] = next(fresh)
            _keep(block, before, _Kept(block.names, entries, told), among)
            yield _opened(entries, count)


def _keep(block: Block, before: _Kept | None, now: _Kept, among: Known) -> None:
    """Leave the block's lists for later runs, unless what an earlier one left says the same."""
    if before is None or before.among != now.among or not np.array_equal(before.names, now.names):
        remember(_STEP, f"known {now.among}", among.names)
        remember(_STEP, block.place, tuple(now))


def _begun(block: Block, among: Known, count: int, wide: int) -> tuple[Integers, Integers, _Kept | None]:
    """The block's entries as far as an earlier run knows them, the rows that are to be sought, what it kept."""
    entries = np.full((len(block.vectors), wide), _NONE)
    found = recall(_STEP, block.place)
    before = None if found is None else _Kept(*found)
    if before is not None:
        _carry_over(before, entries, block, among)
    return entries, np.flatnonzero((entries > _NONE).sum(axis=1) < count), before


def _sought(part: pa.Table, among: Known, count: int) -> Integers:
    """Entries of a part of vectors."""
    return _entries(array_of(part["vectors"]), array_of(part["groups"]), among, count)


def _carry_over(before: _Kept, entries: Integers, block: Block, among: Known) -> None:
    """Set the entries of the rows of which an earlier run kept a list that begins as it should."""
    earlier = recall(_STEP, f"known {before.among}")
    moved = None if earlier is None else _moved(earlier, among.names)
    if moved is None:
        return
    order = np.argsort(before.names, kind="stable")
    place = np.minimum(np.searchsorted(before.names[order], block.names), len(order) - 1)
    rows = np.flatnonzero(before.names[order][place] == block.names)
    lists = before.entries[order[place[rows]]]
    came = np.ones(len(among.names), bool)
    came[moved[moved >= 0]] = False
    limit = _true_from(lists, len(moved))
    lists = _renumbered(lists, moved)
    fresh = _products(block.vectors[rows], block.groups[rows], among, np.flatnonzero(came))
    both = np.concatenate([lists, fresh], axis=1)
    both[both < limit] = _NONE
    both.sort(axis=1)
    found = both[:, ::-1][:, : entries.shape[1]]
    entries[rows, : found.shape[1]] = found


def _true_from(lists: Integers, known: int) -> Integers:
    """The least entry from which on a list holds all of `known` vectors: one of a larger product than its last."""
    held = (lists > _NONE).sum(axis=1, keepdims=True)
    last = np.take_along_axis(lists, np.maximum(held - 1, 0), axis=1)
    return np.where(held == known, _NONE, np.where(held > 0, (last >> 24 << 24) + _ROOM, _ALL))


def _moved(before: Keys, after: Keys) -> Integers | None:
    """The present row of each known vector of an earlier run, -1 where it went; None where their order changed."""
    old, new = _told_apart(before), _told_apart(after)
    _, was, now = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    moved = np.full(len(before), -1)
    moved[was] = now
    stays = moved[moved >= 0]
    return moved if bool((np.diff(stays) > 0).all()) else None


def _told_apart(names: Keys) -> Keys:
    """Names that are unique: of equal ones each further one gets another, the same in every run."""
    order = np.argsort(names, kind="stable")
    ordered = names[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(names) else np.zeros(0, np.int64)
    nth = np.arange(len(names)) - np.repeat(starts, np.diff(np.append(starts, len(names))))
    unique = names.copy()
    unique[order] += nth.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return unique


def _renumbered(lists: Integers, moved: Integers) -> Integers:
    row = _row(lists)
    now = moved[np.where(lists > _NONE, row, 0)]
    return np.where((lists > _NONE) & (now >= 0), lists + (row - now), _NONE)


def _row(entries: Integers) -> Integers:
    return _ROOM - 1 - (entries & (_ROOM - 1))


def _entry(products: NDArray[np.float32], rows: Integers) -> Integers:
    return (products.astype(np.int64) << 24) + (_ROOM - 1 - rows)


def _opened(entries: Integers, count: int) -> tuple[Integers, NDArray[np.int32]]:
    entries = entries[:, :count]
    return _row(entries), (entries >> 24).astype(np.int32)


def _products(block: NDArray[np.float32], groups: Integers, among: Known, rows: Integers) -> Integers:
    products = block @ among.vectors[rows].T
    products[groups[:, None] == among.groups[rows]] = _OWN
    return _entry(products, rows)


def _entries(block: NDArray[np.float32], groups: Integers, among: Known, count: int) -> Integers:
    """The largest entries of each row, the largest first."""
    found = np.empty((len(block), count), np.int64)
    for start in range(0, len(block), _BLOCK):
        part = slice(start, start + _BLOCK)
        products = block[part] @ among.vectors.T
        products[groups[part, None] == among.groups] = _OWN
        found[part] = _largest(products, count)
    return found


def _largest(products: NDArray[np.float32], count: int) -> Integers:
    """As entries; of equal products the earlier rows."""
    size = products.shape[1]
    if not count:
        return np.zeros((len(products), 0), np.int64)
    least = np.partition(products, size - count, axis=1)[:, size - count, None]
    chosen = products >= least
    extra = np.flatnonzero(chosen.sum(axis=1) > count)
    if len(extra):
        some = products[extra]
        above, equal = some > least[extra], some == least[extra]
        chosen[extra] = above | (equal & (np.cumsum(equal, axis=1) <= count - above.sum(axis=1, keepdims=True)))
    rows = np.nonzero(chosen)[1].reshape(len(products), count)
    entries = _entry(np.take_along_axis(products, rows, axis=1), rows)
    entries.sort(axis=1)
    return entries[:, ::-1]
