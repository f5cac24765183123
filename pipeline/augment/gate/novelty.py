"""Near-duplicates of children among all records: exact Jaccard of character n-grams by sparse products.

Two texts are compared by their 5-grams, or by their 2-grams where one of them is mostly Chinese; case and punctuation
do not count. A text without a Chinese character is never near one that is mostly Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.text.normalise import normalised

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    #: Texts of one kind: number -> n-grams.
    _Group = dict[int, NDArray[np.uint64]]

_ODD = 0x9E3779B97F4A7C15  # base of the polynomial hash of an n-gram
_CJK = re.compile(r"[㐀-鿿豈-﫿]")
_ROWS = 8192


@dataclass(frozen=True)
class Shingles:
    """Hashes of a text's distinct n-grams. `five` is None where it is mostly Chinese, `two` where nothing is."""

    five: NDArray[np.uint64] | None
    two: NDArray[np.uint64] | None


class _Pairs(NamedTuple):
    """Pairs of texts that share an n-gram: row of the first, of the second, their Jaccard."""

    row: NDArray[np.int32]
    col: NDArray[np.int32]
    data: NDArray[np.float64]


def nearest(texts: Sequence[str], others: Sequence[str], own: Sequence[int]) -> list[tuple[float, int]]:
    """For each text the highest Jaccard with any of `others`, and which one (-1: shares no n-gram).

    `own[n]` is the row of `others` that text `n` may resemble (its parent). Memory grows with
    `texts`, not with `others`, which pass in blocks.
    """
    best = np.zeros(len(texts))
    where = np.full(len(texts), -1)
    mine = [shingles(text) for text in texts]
    for start in range(0, len(others), _ROWS):
        scores = _compare(mine, [shingles(text) for text in others[start : start + _ROWS]])
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
    own = [shingles(text) for text in texts]
    scores = _compare(own, own)
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


def shingles(text: str) -> Shingles:
    """What the text is compared by; case and punctuation aside."""
    plain = normalised(text) or text
    chinese = 0 if plain.isascii() else len(_CJK.findall(plain))
    is_chinese = 2 * chinese > len(plain)
    return Shingles(None if is_chinese else _grams(plain, 5), _grams(plain, 2) if chinese else None)


def _grams(plain: str, size: int) -> NDArray[np.uint64]:
    padded = f" {plain} ".ljust(size)
    letters = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(letters, size)
    weights = np.array([pow(_ODD, k + 1, 2**64) for k in range(size)], np.uint64)
    return np.unique((windows * weights).sum(axis=1, dtype=np.uint64))


def _compare(texts: Sequence[Shingles], others: Sequence[Shingles]) -> _Pairs:
    """Every pair that shares an n-gram: by 5-grams where neither text is mostly Chinese, else by 2-grams."""
    fives, twos, chinese = zip(_by_kind(texts), _by_kind(others), strict=True)
    mixed = {n: grams for n, grams in twos[0].items() if n not in chinese[0]}
    found = [_jaccard(*fives), _jaccard(chinese[0], twos[1]), _jaccard(mixed, chinese[1])]
    full = [pairs for pairs in found if len(pairs.row)] or found[:1]
    return full[0] if len(full) == 1 else _Pairs(*(np.concatenate(parts) for parts in zip(*full, strict=True)))


def _by_kind(rows: Sequence[Shingles]) -> tuple[_Group, _Group, _Group]:
    """Texts with 5-grams, with 2-grams, and those of the latter that are mostly Chinese."""
    twos = {n: one.two for n, one in enumerate(rows) if one.two is not None}
    return (
        {n: one.five for n, one in enumerate(rows) if one.five is not None},
        twos,
        {n: grams for n, grams in twos.items() if rows[n].five is None},
    )


def _jaccard(texts: _Group, others: _Group) -> _Pairs:
    """Pairs among two groups of texts, by their numbers. n-grams that `texts` have not only count as sizes."""
    if not texts or not others:
        nothing = np.zeros(0, np.int32)
        return _Pairs(nothing, nothing, np.zeros(0))
    vocabulary = np.unique(np.concatenate([np.zeros(0, np.uint64), *texts.values()]))
    shared = (_matrix([*texts.values()], vocabulary) @ _matrix([*others.values()], vocabulary).T).tocoo()
    sizes = [np.array([len(row) for row in rows.values()], np.int64) for rows in (texts, others)]
    jaccard = shared.data / (sizes[0][shared.row] + sizes[1][shared.col] - shared.data)
    names = [np.array([*rows], np.int32) for rows in (texts, others)]
    return _Pairs(names[0][shared.row], names[1][shared.col], jaccard)


def _matrix(rows: list[NDArray[np.uint64]], vocabulary: NDArray[np.uint64]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    flat = np.concatenate([np.zeros(0, np.uint64), *rows])
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    column = np.minimum(np.searchsorted(vocabulary, flat), max(len(vocabulary) - 1, 0))
    known = vocabulary[column] == flat if len(vocabulary) else np.zeros(0, bool)
    ones = np.ones(int(known.sum()), np.float64)
    return csr_matrix((ones, (owner[known], column[known])), shape=(len(rows), len(vocabulary)))
