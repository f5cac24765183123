"""What a text is compared by for near duplicates, in every stage: its character n-grams, hashed.

An n-gram that begins with a Chinese, Japanese or Korean letter has 2 characters, any other one 5: one such letter says
about as much as half an English word, and so words replaced in an English text cost as much similarity as words
replaced in its translation. A text shorter than its n-gram is one shingle, so it only matches its equal.
Texts are normalised first (`normalise.normalised`) by whoever calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.text.scripts import CJK, ranges

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]

#: Characters of an n-gram; tuned on planted copies (benchmarks/planted_duplicates.py), where words did worse.
NGRAM = 5
#: Characters of an n-gram that begins with a CJK letter. Of 1,477 English sentences and their Chinese translations
#: (mlqe_pe_enzh) with every fifth word replaced, the mean similarity is .578 in English, and in Chinese .581 with 2,
#: .501 with 3. On planted copies of Chinese texts 2 finds a fifth more at .6 (.651 against .548), at the same precision
#: (.999). Chosen on these figures (benchmarks/planted_duplicates.py).
NGRAM_CJK = 2

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # of SplitMix64
#: A distinct shingle keeps the upper 48 bits of its hash; the number of its text or pair stands above them.
#: 64 bits less the 16 of a text's number.
OWNER = 48
_MOST_TEXTS = 1 << (64 - OWNER)


@dataclass(frozen=True)
class Shingles:
    """N-gram hashes of texts, in order; text n owns `hashes[starts[n] : starts[n + 1]]`."""

    hashes: Hashes
    starts: Integers

    def distinct(self) -> Shingles:
        """Each hash once a text, sorted, cut to 48 bits. Of at most 65,536 texts."""
        owner = np.repeat(np.arange(len(self.starts) - 1, dtype=np.uint64), np.diff(self.starts))
        keys = np.sort((owner << np.uint64(OWNER)) | (self.hashes >> np.uint64(64 - OWNER)))
        new = np.ones(len(keys), bool)
        new[1:] = keys[1:] != keys[:-1]
        keys = keys[new]
        counts = np.bincount((keys >> np.uint64(OWNER)).astype(np.int64), minlength=len(self.starts) - 1)
        return Shingles(keys & np.uint64((1 << OWNER) - 1), starts_of(counts))


def shingles(texts: Sequence[str]) -> Shingles:
    """Character n-grams of each text, hashed to 64 bits; one that occurs twice is there twice."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = starts_of(lengths)
    room = (np.repeat(starts[1:], lengths) - np.arange(len(codes))).astype(np.int32)  # from here to the text's end
    width = np.where(is_cjk(codes), np.int32(NGRAM_CJK), np.int32(NGRAM))
    first = starts[:-1][lengths > 0]
    width[first] = np.minimum(width[first], room[first])  # a short text is one shingle
    inside = width <= room
    hashes = _rolling(codes, width, max(NGRAM, NGRAM_CJK))[inside]
    return Shingles(hashes, np.concatenate([[0], np.cumsum(inside)])[starts])


def distinct_shingles(texts: Sequence[str]) -> Shingles:
    """`shingles(texts).distinct()` of any number of texts."""
    if len(texts) <= _MOST_TEXTS:
        return shingles(texts).distinct()
    parts = [shingles(texts[n : n + _MOST_TEXTS]).distinct() for n in range(0, len(texts), _MOST_TEXTS)]
    counts = np.concatenate([np.diff(part.starts) for part in parts])
    return Shingles(np.concatenate([part.hashes for part in parts]), starts_of(counts))


@cache
def _bounds() -> NDArray[np.uint32]:
    """First code points of the CJK ranges and those after their last ones, in turn."""
    return np.array([code for first, last in ranges(CJK) for code in (first, last + 1)], np.uint32)


def is_cjk(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether each code point is a CJK letter: it lies behind an odd number of bounds."""
    if not len(codes) or codes.max() < _bounds()[0]:  # most texts: nothing to look up
        return np.zeros(len(codes), bool)
    inside: NDArray[np.bool_] = np.searchsorted(_bounds(), codes, side="right") % 2 == 1
    return inside


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


def starts_of(counts: Integers) -> Integers:
    """Where each of several runs of such lengths begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
