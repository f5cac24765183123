"""MinHash: which pairs of many texts may be near duplicates. Signatures of their shingles, and banding.

Arrays throughout, no dictionary of sets. What comes out are candidates: `similarity.jaccard` decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.text.shingles import Hashes, Integers, shingles

_SEED = 20_240  # any number will do
_CHUNK_CHARS = 1_000_000  # bounds the memory of hashing; a guess: not measured
_CHUNK_PAIRS = 20_000  # bounds the memory of comparing; a guess: not measured
_BUCKET = 48  # a record is compared with at most so many predecessors in one bucket; a guess: not measured
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64


def signatures(texts: Sequence[str], permutations: int) -> NDArray[np.uint32]:
    """One MinHash signature a text, shape (texts, permutations); chunk by chunk, so memory stays bounded."""
    from rensa import RMinHash

    parts = [np.zeros((0, permutations), np.uint32)]
    for start, end in _chunks(texts):
        part = shingles(texts[start:end])
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
