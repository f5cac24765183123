"""How alike two texts are, the same in every stage: the Jaccard index of their sets of character n-grams.

0 is nothing in common, 1 the same n-grams. Exact, over the shingles of shingles.py. Given pairs are compared by
`jaccard`; texts with all others by `most_similar` and `copies_of_earlier`, as sparse products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.text.normalise import normalised
from pipeline.text.shingles import OWNER, Hashes, Integers, Shingles, distinct_shingles

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_CHUNK_PAIRS = 20_000  # bounds the memory of comparing given pairs; a guess: not measured
_ROWS = 8192  # texts that others are compared with at once; a guess: not measured


class _Pairs(NamedTuple):
    """Pairs of texts that share an n-gram: row of the first, row of the second, their similarity."""

    row: NDArray[np.int32]
    col: NDArray[np.int32]
    value: NDArray[np.float64]


def jaccard(texts: pa.Array | pa.ChunkedArray, pairs: Integers) -> NDArray[np.float64]:
    """The similarity of each pair of rows of `texts`, which are normalised already. `pairs` has shape (pairs, 2)."""
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK_PAIRS):
        chunk = pairs[start : start + _CHUNK_PAIRS]
        needed, places = np.unique(chunk, return_inverse=True)
        sets = distinct_shingles(texts.take(pa.array(needed)).to_pylist())
        parts.append(_overlap(sets, places.reshape(-1, 2)))
    return np.concatenate(parts)


def most_similar(texts: Sequence[str], others: Sequence[str], own: Sequence[int]) -> list[tuple[float, int]]:
    """For each text the highest similarity to any of `others`, and which one (-1: shares no n-gram with any).

    `own[n]` is the row of `others` that text `n` may resemble (what it was made from). Memory grows with
    `texts`, not with `others`, which pass in blocks.
    """
    best = np.zeros(len(texts))
    where = np.full(len(texts), -1)
    mine = _shingles(texts)
    for start in range(0, len(others), _ROWS):
        found = _compare(mine, _shingles(others[start : start + _ROWS]))
        columns = found.col + start
        other = columns != np.asarray(own)[found.row]
        rows, columns, values = found.row[other], columns[other], found.value[other]
        order = np.lexsort((-columns, values))  # the highest last; of equals, the first record
        top = np.zeros(len(texts))
        top[rows[order]] = values[order]
        nearest = np.full(len(texts), -1)
        nearest[rows[order]] = columns[order]
        better = top > best
        best[better], where[better] = top[better], nearest[better]
    return [(float(score), int(other)) for score, other in zip(best, where, strict=True)]


def copies_of_earlier(texts: Sequence[str], threshold: float) -> dict[int, int]:
    """Texts that are at least `threshold` similar to an earlier one which is itself none: row -> the earlier row."""
    own = _shingles(texts)
    pairs = _compare(own, own)
    close: dict[int, list[int]] = {}
    keep = (pairs.col < pairs.row) & (pairs.value >= threshold)
    for n, other in zip(pairs.row[keep].tolist(), pairs.col[keep].tolist(), strict=True):
        close.setdefault(n, []).append(other)
    found: dict[int, int] = {}
    for n in sorted(close):
        kept = [other for other in sorted(close[n]) if other not in found]
        if kept:
            found[n] = kept[0]
    return found


def _shingles(texts: Sequence[str]) -> Shingles:
    return distinct_shingles([normalised(text) for text in texts])


def _compare(texts: Shingles, others: Shingles) -> _Pairs:
    """Every pair that shares an n-gram. n-grams that `texts` have not only count as sizes."""
    vocabulary = np.unique(texts.hashes)
    shared = (_matrix(texts, vocabulary) @ _matrix(others, vocabulary).T).tocoo()
    sizes, other_sizes = np.diff(texts.starts), np.diff(others.starts)
    union = sizes[shared.row] + other_sizes[shared.col] - shared.data
    return _Pairs(shared.row, shared.col, shared.data / union)


def _matrix(sets: Shingles, vocabulary: Hashes) -> csr_matrix:
    from scipy.sparse import csr_matrix

    owner = np.repeat(np.arange(len(sets.starts) - 1), np.diff(sets.starts))
    column = np.minimum(np.searchsorted(vocabulary, sets.hashes), max(len(vocabulary) - 1, 0))
    known = vocabulary[column] == sets.hashes if len(vocabulary) else np.zeros(len(sets.hashes), bool)
    ones = np.ones(int(known.sum()), np.float64)
    return csr_matrix((ones, (owner[known], column[known])), shape=(len(sets.starts) - 1, len(vocabulary)))


def _overlap(sets: Shingles, pairs: Integers) -> NDArray[np.float64]:
    sizes = np.diff(sets.starts)
    keys = np.concatenate([_keys(sets, pairs[:, side]) for side in (0, 1)])
    keys.sort()
    shared = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(OWNER)
    both = np.bincount(shared.astype(np.int64), minlength=len(pairs))
    result: NDArray[np.float64] = both / np.maximum(sizes[pairs].sum(axis=1) - both, 1)
    return result


def _keys(sets: Shingles, texts: Integers) -> Hashes:
    """(number of the pair, shingle) packed into one integer, for every shingle of one side of the pairs."""
    sizes = sets.starts[texts + 1] - sets.starts[texts]
    ends = np.cumsum(sizes)
    inner = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    number = np.repeat(np.arange(len(texts), dtype=np.uint64), sizes)
    result: Hashes = (number << np.uint64(OWNER)) | sets.hashes[np.repeat(sets.starts[texts], sizes) + inner]
    return result
