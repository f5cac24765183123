"""MinHash over character n-grams: signatures, banding, true Jaccard. Arrays throughout, no dictionary of sets.

An n-gram that begins with a Chinese, Japanese or Korean character is shorter than others: one
such character carries about as much as half an English word. A text shorter than its n-gram is
one shingle, so it only matches its equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]

_SEED = 20_240
_CHUNK_CHARS = 4_000_000  # bounds the memory of hashing
_CHUNK_PAIRS = 20_000  # bounds the memory of comparing
_BUCKET = 48  # a record is compared with at most so many predecessors in one bucket
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class Shingles:
    """Distinct n-gram hashes of texts, sorted within each; text n owns `hashes[starts[n] : starts[n + 1]]`."""

    hashes: Hashes
    starts: Integers


def shingles(texts: Sequence[str], ngram: int, ngram_cjk: int) -> Shingles:
    """Distinct character n-grams of each text, hashed to 64 bits."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    owner = np.repeat(np.arange(len(texts)), lengths)
    cjk = (codes >= 0x2E80) & (codes < 0x1F000)
    width = np.where(cjk, ngram_cjk, ngram).astype(np.int64)
    room = starts[1:][owner] - np.arange(len(codes))  # characters from here to the end of the text
    first = room == lengths[owner]
    width = np.where(first, np.minimum(width, room), width)  # a short text is one shingle
    hashes = _rolling(codes, width, max(ngram, ngram_cjk))
    inside = room >= width
    return _distinct(hashes[inside], owner[inside], len(texts))


def signatures(texts: Sequence[str], ngram: int, ngram_cjk: int, permutations: int) -> NDArray[np.uint32]:
    """One MinHash signature a text, shape (texts, permutations); chunk by chunk, so memory stays bounded."""
    from rensa import RMinHash

    parts = [np.zeros((0, permutations), np.uint32)]
    for start, end in _chunks(texts):
        part = shingles(texts[start:end], ngram, ngram_cjk)
        offsets = part.starts.astype(np.uint64)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(part.hashes, offsets, permutations, _SEED)
        parts.append(np.array(matrix.to_rows(), np.uint32).reshape(-1, permutations))
    return np.concatenate(parts)


def candidates(signed: NDArray[np.uint32], bands: int, at_least: float) -> Integers:
    """Distinct pairs (low, high) of rows that share a band and whose signatures agree in a share `at_least`.

    Each band is a sort, so one million rows need a few arrays of that length. In a bucket of more
    than 48 rows each row meets its 48 predecessors and the bucket's first row.
    """
    rows = signed.shape[1] // bands
    found = [np.zeros(0, np.int64)]
    for band in range(bands):
        keys = _fold(signed[:, band * rows : (band + 1) * rows])
        order = np.argsort(keys, kind="stable")
        pairs = _bucket_pairs(keys[order], order)
        pairs = pairs[_agreement(signed, pairs) >= at_least]
        found.append(pairs[:, 0] * len(signed) + pairs[:, 1])
    both = np.unique(np.concatenate(found))
    return np.stack(np.divmod(both, max(len(signed), 1)), axis=1)


def jaccard(texts: Sequence[str], pairs: Integers, ngram: int, ngram_cjk: int) -> NDArray[np.float64]:
    """The true Jaccard similarity of the n-gram sets of each pair of rows."""
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK_PAIRS):
        chunk = pairs[start : start + _CHUNK_PAIRS]
        needed, places = np.unique(chunk, return_inverse=True)
        sets = shingles([texts[n] for n in needed], ngram, ngram_cjk)
        parts.append(_overlap(sets, places.reshape(-1, 2)))
    return np.concatenate(parts)


def _rolling(codes: Hashes, width: Integers, longest: int) -> Hashes:
    """Hash of the `width[n]` codes from n on; positions without room hold anything."""
    padded = np.concatenate([codes, np.zeros(longest, np.uint64)])
    hashes = width.astype(np.uint64)
    for n in range(longest):
        part = padded[n : n + len(codes)] + np.uint64(1)
        hashes = np.where(n < width, (hashes ^ part) * _MULTIPLIER, hashes)
        hashes ^= hashes >> np.uint64(29)
    for mixer in _MIXERS:
        hashes = (hashes ^ (hashes >> np.uint64(30))) * mixer
    return hashes ^ (hashes >> np.uint64(31))


def _distinct(hashes: Hashes, owner: Integers, size: int) -> Shingles:
    order = np.lexsort((hashes, owner))
    hashes, owner = hashes[order], owner[order]
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    counts = np.bincount(owner[new], minlength=size)
    return Shingles(hashes[new], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = size = 0
    for n, text in enumerate(texts):
        size += len(text)
        if size >= _CHUNK_CHARS:
            yield start, n + 1
            start, size = n + 1, 0
    if start < len(texts):
        yield start, len(texts)


def _fold(columns: NDArray[np.uint32]) -> Hashes:
    key = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        key = (key ^ column.astype(np.uint64)) * _MULTIPLIER
        key ^= key >> np.uint64(32)
    return key


def _bucket_pairs(keys: Hashes, order: Integers) -> Integers:
    """Pairs of rows with equal key; `keys` sorted, `order` the rows behind them (ascending within a bucket)."""
    size = len(keys)
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if size else np.zeros(0, np.int64)
    bucket = np.repeat(begins, np.diff(np.append(begins, size)))
    place = np.arange(size) - bucket
    pairs = [np.zeros((0, 2), np.int64)]
    for back in range(1, _BUCKET + 1):
        here = np.flatnonzero(place >= back)
        if not len(here):
            break
        pairs.append(np.stack([order[here - back], order[here]], axis=1))
    far = np.flatnonzero(place > _BUCKET)
    pairs.append(np.stack([order[bucket[far]], order[far]], axis=1))
    return np.concatenate(pairs)


def _agreement(signed: NDArray[np.uint32], pairs: Integers) -> NDArray[np.float64]:
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK_PAIRS):
        chunk = pairs[start : start + _CHUNK_PAIRS]
        parts.append((signed[chunk[:, 0]] == signed[chunk[:, 1]]).mean(axis=1))
    return np.concatenate(parts)


def _overlap(sets: Shingles, pairs: Integers) -> NDArray[np.float64]:
    sizes = np.diff(sets.starts)
    _, ranks = np.unique(sets.hashes, return_inverse=True)
    number = np.arange(len(pairs), dtype=np.int64)
    keys = np.concatenate([_keys(sets, ranks, pairs[:, side], number) for side in (0, 1)])
    keys.sort()
    shared = keys[1:][keys[1:] == keys[:-1]] >> 32
    both = np.bincount(shared, minlength=len(pairs))
    return both / np.maximum(sizes[pairs].sum(axis=1) - both, 1)


def _keys(sets: Shingles, ranks: Integers, texts: Integers, number: Integers) -> Integers:
    """(pair number, shingle rank) packed into one integer, for every shingle of one side of the pairs."""
    sizes = sets.starts[texts + 1] - sets.starts[texts]
    ends = np.cumsum(sizes)
    inner = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    return (np.repeat(number, sizes) << 32) | ranks[np.repeat(sets.starts[texts], sizes) + inner]
