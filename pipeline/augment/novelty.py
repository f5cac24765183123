"""Near-duplicates of children among all records: exact Jaccard of character n-grams by sparse products."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.normalise import normalised

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import coo_matrix, csr_matrix

_ODD = 0x9E3779B97F4A7C15  # base of the polynomial hash of an n-gram
_CJK = re.compile(r"[㐀-鿿豈-﫿]")
_ROWS = 8192


def nearest(texts: Sequence[str], others: Sequence[str], own: Sequence[int]) -> list[tuple[float, int]]:
    """For each text the highest Jaccard with any of `others`, and which one (-1: shares no n-gram).

    `own[n]` is the row of `others` that text `n` may resemble (its parent). Memory grows with
    `texts`, not with `others`, which pass in blocks.
    """
    best = np.zeros(len(texts))
    where = np.full(len(texts), -1)
    mine = [grams(text) for text in texts]
    for start in range(0, len(others), _ROWS):
        scores = _jaccard(mine, [grams(text) for text in others[start : start + _ROWS]])
        columns = scores.col + start
        fresh = columns != np.asarray(own)[scores.row]
        rows, columns, values = scores.row[fresh], columns[fresh], scores.data[fresh]
        order = np.lexsort((-columns, values))  # the highest last; of equals, the first record
        top = np.zeros(len(texts))
        top[rows[order]] = values[order]
        found = np.full(len(texts), -1)
        found[rows[order]] = columns[order]
        better = top > best
        best[better], where[better] = top[better], found[better]
    return [(float(score), int(other)) for score, other in zip(best, where, strict=True)]


def repeats(texts: Sequence[str], threshold: float) -> dict[int, int]:
    """Texts that are near-duplicates of an earlier one which is itself none: row -> the earlier row."""
    own = [grams(text) for text in texts]
    scores = _jaccard(own, own)
    close: dict[int, list[int]] = {}
    keep = (scores.col < scores.row) & (scores.data >= threshold)
    for n, other in zip(scores.row[keep].tolist(), scores.col[keep].tolist(), strict=True):
        close.setdefault(n, []).append(other)
    found: dict[int, int] = {}
    for n in sorted(close):
        kept = [other for other in sorted(close[n]) if other not in found]
        if kept:
            found[n] = kept[0]
    return found


def grams(text: str) -> NDArray[np.uint64]:
    """Hashes of the text's distinct n-grams: 5 letters, or 2 where it is mostly Chinese; case and punctuation aside."""
    plain = normalised(text) or text
    size = 2 if 2 * len(_CJK.findall(plain)) > len(plain) else 5
    padded = f" {plain} ".ljust(size)
    letters = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(letters, size)
    weights = np.array([pow(_ODD, k + 1, 2**64) for k in range(size)], np.uint64)
    return np.unique((windows * weights).sum(axis=1, dtype=np.uint64))


def _jaccard(texts: list[NDArray[np.uint64]], others: list[NDArray[np.uint64]]) -> coo_matrix:
    """Every pair that shares an n-gram, with its Jaccard. n-grams that `texts` have not only count as sizes."""
    vocabulary = np.unique(np.concatenate([np.zeros(0, np.uint64), *texts]))
    shared = (_matrix(texts, vocabulary) @ _matrix(others, vocabulary).T).tocoo()
    sizes = [np.array([len(row) for row in rows]) for rows in (texts, others)]
    shared.data = shared.data / (sizes[0][shared.row] + sizes[1][shared.col] - shared.data)
    return shared


def _matrix(rows: list[NDArray[np.uint64]], vocabulary: NDArray[np.uint64]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    flat = np.concatenate([np.zeros(0, np.uint64), *rows])
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    column = np.minimum(np.searchsorted(vocabulary, flat), max(len(vocabulary) - 1, 0))
    known = vocabulary[column] == flat if len(vocabulary) else np.zeros(0, bool)
    ones = np.ones(int(known.sum()), np.float64)
    return csr_matrix((ones, (owner[known], column[known])), shape=(len(rows), len(vocabulary)))
