"""MinHash over character n-grams: signatures, banding, true Jaccard. Arrays throughout, no dictionary of sets.

An n-gram that begins with a Chinese, Japanese or Korean character is shorter than others: one
such character carries about as much as half an English word. A text shorter than its n-gram is
one shingle, so it only matches its equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]

_SEED = 20_240
_CHUNK_CHARS = 1_000_000  # bounds the memory of hashing
_CHUNK_PAIRS = 20_000  # bounds the memory of comparing
_BUCKET = 48  # a record is compared with at most so many predecessors in one bucket
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_OWNER = 48  # a shingle's hash keeps its upper 48 bits; the number of its text or pair stands above them


@dataclass(frozen=True)
class Shingles:
    """N-gram hashes of texts, in order; text n owns `hashes[starts[n] : starts[n + 1]]`."""

    hashes: Hashes
    starts: Integers

    def distinct(self) -> Shingles:
        """Each hash once a text, sorted, cut to 48 bits. Of fewer than 65,536 texts."""
        owner = np.repeat(np.arange(len(self.starts) - 1, dtype=np.uint64), np.diff(self.starts))
        keys = np.sort((owner << np.uint64(_OWNER)) | (self.hashes >> np.uint64(64 - _OWNER)))
        new = np.ones(len(keys), bool)
        new[1:] = keys[1:] != keys[:-1]
        keys = keys[new]
        counts = np.bincount((keys >> np.uint64(_OWNER)).astype(np.int64), minlength=len(self.starts) - 1)
        return Shingles(keys & np.uint64((1 << _OWNER) - 1), _starts(counts))


def shingles(texts: Sequence[str], ngram: int, ngram_cjk: int) -> Shingles:
    """Character n-grams of each text, hashed to 64 bits; one that occurs twice is there twice."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = _starts(lengths)
    room = (np.repeat(starts[1:], lengths) - np.arange(len(codes))).astype(np.int32)  # from here to the text's end
    cjk = (codes >= 0x2E80) & (codes < 0x1F000)
    width = np.where(cjk, np.int32(ngram_cjk), np.int32(ngram))
    first = starts[:-1][lengths > 0]
    width[first] = np.minimum(width[first], room[first])  # a short text is one shingle
    inside = width <= room
    hashes = _rolling(codes, width, max(ngram, ngram_cjk))[inside]
    return Shingles(hashes, np.concatenate([[0], np.cumsum(inside)])[starts])


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


def candidates(signed: NDArray[np.uint32], order: Integers, bands: int, at_least: float) -> Integers:
    """Distinct pairs (a, b), a < b, of places in `order` whose rows share a band and agree in a share `at_least`.

    `order` numbers the rows of `signed`. Each band is a sort, so one million rows need a few arrays of that length.
    In a bucket of more than 48 rows each row meets its 48 predecessors and the bucket's first row.
    """
    rows = signed.shape[1] // bands
    found = [np.zeros(0, np.int64)]
    for band in range(bands):
        keys = _fold(signed[:, band * rows : (band + 1) * rows])[order]
        inside = np.argsort(keys, kind="stable")
        for pairs in _bucket_pairs(keys[inside], inside):
            close = _agreement(signed, order[pairs]) >= at_least
            found.append(pairs[close, 0] * len(order) + pairs[close, 1])
        found = [np.unique(np.concatenate(found))]
    return np.stack(np.divmod(found[0], max(len(order), 1)), axis=1)


def jaccard(texts: pa.Array | pa.ChunkedArray, pairs: Integers, ngram: int, ngram_cjk: int) -> NDArray[np.float64]:
    """The true Jaccard similarity of the n-gram sets of each pair of rows."""
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK_PAIRS):
        chunk = pairs[start : start + _CHUNK_PAIRS]
        needed, places = np.unique(chunk, return_inverse=True)
        sets = shingles(texts.take(pa.array(needed)).to_pylist(), ngram, ngram_cjk).distinct()
        parts.append(_overlap(sets, places.reshape(-1, 2)))
    return np.concatenate(parts)


def _rolling(codes: NDArray[np.uint32], width: NDArray[np.int32], longest: int) -> Hashes:
    """Hash of the `width[n]` codes from n on; positions without room hold anything."""
    padded = np.concatenate([codes, np.zeros(longest, np.uint32)]).astype(np.uint64) + np.uint64(1)
    hashes = width.astype(np.uint64)
    narrowest = int(width.min(initial=longest))
    for n in range(longest):
        mixed = hashes ^ padded[n : n + len(codes)]
        mixed *= _MULTIPLIER
        hashes = mixed if n < narrowest else np.where(n < width, mixed, hashes)
        hashes ^= hashes >> np.uint64(29)
    for mixer in _MIXERS:
        hashes ^= hashes >> np.uint64(30)
        hashes *= mixer
    hashes ^= hashes >> np.uint64(31)
    return hashes


def _starts(counts: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


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


def _bucket_pairs(keys: Hashes, order: Integers) -> Iterator[Integers]:
    """Pairs of rows with equal key; `keys` sorted, `order` the rows behind them (ascending within a bucket)."""
    size = len(keys)
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if size else np.zeros(0, np.int64)
    bucket = np.repeat(begins, np.diff(np.append(begins, size)))
    place = np.arange(size) - bucket
    here = np.flatnonzero(place)
    for back in range(1, _BUCKET + 1):
        here = here[place[here] >= back]
        if not len(here):
            return
        yield np.stack([order[here - back], order[here]], axis=1)
    far = here[place[here] > _BUCKET]
    yield np.stack([order[bucket[far]], order[far]], axis=1)


def _agreement(signed: NDArray[np.uint32], pairs: Integers) -> NDArray[np.float64]:
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK_PAIRS):
        chunk = pairs[start : start + _CHUNK_PAIRS]
        parts.append((signed[chunk[:, 0]] == signed[chunk[:, 1]]).mean(axis=1))
    return np.concatenate(parts)


def _overlap(sets: Shingles, pairs: Integers) -> NDArray[np.float64]:
    sizes = np.diff(sets.starts)
    keys = np.concatenate([_keys(sets, pairs[:, side]) for side in (0, 1)])
    keys.sort()
    shared = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(_OWNER)
    both = np.bincount(shared.astype(np.int64), minlength=len(pairs))
    result: NDArray[np.float64] = both / np.maximum(sizes[pairs].sum(axis=1) - both, 1)
    return result


def _keys(sets: Shingles, texts: Integers) -> Hashes:
    """(number of the pair, shingle) packed into one integer, for every shingle of one side of the pairs."""
    sizes = sets.starts[texts + 1] - sets.starts[texts]
    ends = np.cumsum(sizes)
    inner = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    number = np.repeat(np.arange(len(texts), dtype=np.uint64), sizes)
    result: Hashes = (number << np.uint64(_OWNER)) | sets.hashes[np.repeat(sets.starts[texts], sizes) + inner]
    return result
