"""Which texts stand, wholly or nearly, in a longer one: the share of the shorter text's n-grams that the longer has.

n-grams of words and of CJK characters (`passages.py`), so the order of words counts. Where there are many texts only
some n-grams, chosen by their hashes, propose pairs (Broder 1997); all n-grams then decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.text.passages import Grams, grams
from pipeline.text.shingles import Hashes, Integers

#: n-grams that the shorter text must have: 12 words, or 15 Chinese characters. A guess: not measured.
MIN_GRAMS = 8
_TEXTS = 200_000  # from twice as many on n-grams are sampled; a guess: not measured
_BUCKET = 48  # a text is compared with at most so many predecessors that share an n-gram; a guess: not measured
_COMMON = (8, 0.01)  # an n-gram of more texts, and of a greater share of them, proposes nothing; a guess: not measured
_SLACK = 0.6  # of the share that is asked, for estimates from sampled n-grams; a guess: not measured
_CHUNK = 10_000  # a guess: not measured


def sampled(texts: Sequence[str], total: int) -> tuple[Grams, Integers]:
    """The n-grams of some of `total` normalised texts that propose pairs, and how many distinct ones each text has."""
    found = grams(texts).distinct()
    sizes = np.bincount(found.owner, minlength=len(texts))
    keep = (found.hashes % np.uint64(max(1, total // _TEXTS)) == 0) & (sizes[found.owner] >= MIN_GRAMS)
    return Grams(found.hashes[keep], found.owner[keep], found.unit[keep]), sizes


def proposed(hashes: Hashes, owner: Integers, texts: int, at_least: float) -> Integers:
    """Pairs of texts, shape (pairs, 2), of which one may stand in the other; their sampled n-grams in any order."""
    order = np.lexsort((owner, hashes))
    hashes, owner = hashes[order], owner[order]
    begins = (
        np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else np.zeros(0, np.int64)
    )
    counts = np.diff(np.append(begins, len(hashes)))
    few = np.repeat(counts <= max(_COMMON[0], _COMMON[1] * texts), counts)
    place = np.arange(len(hashes)) - np.repeat(begins, counts)
    own = np.bincount(owner[few], minlength=texts)
    keys = [np.zeros(0, np.int64)]
    for back in range(1, _BUCKET + 1):
        here = np.flatnonzero(few & (place >= back))
        if not len(here):
            break
        keys.append(owner[here - back] * texts + owner[here])
    pairs, shared = np.unique(np.concatenate(keys), return_counts=True)
    both = np.stack(np.divmod(pairs, max(texts, 1)), axis=1)
    result: Integers = both[shared >= _SLACK * at_least * own[both].min(axis=1, initial=len(hashes))]
    return result


def containment(texts: pa.ChunkedArray, pairs: Integers) -> NDArray[np.float64]:
    """For each pair of rows of normalised texts the share of the shorter one's n-grams that the other has."""
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        needed, places = np.unique(chunk, return_inverse=True)
        found = grams(texts.take(pa.array(needed)).to_pylist()).distinct()
        bounds = np.searchsorted(found.owner, np.arange(len(needed) + 1))
        sets = [found.hashes[a:b] for a, b in pairwise(bounds.tolist())]
        shares = [
            len(np.intersect1d(sets[a], sets[b], assume_unique=True)) / max(min(len(sets[a]), len(sets[b])), 1)
            for a, b in places.reshape(-1, 2).tolist()
        ]
        parts.append(np.array(shares))
    return np.concatenate(parts)
