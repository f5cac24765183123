"""Passages that texts share: n-grams of whole words (English) and of characters (Chinese), hashed, with their places.

A unit is a word, or one Chinese, Japanese or Korean character. Texts are compared as `normalised` gives them, and white
space does not count at all: "5 000" and "5000" differ in units but read the same, and a Chinese text with spaces
between its characters is the text without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.text.normalise import normalised
from pipeline.text.shingles import Hashes, Integers, is_cjk, starts_of

#: Units of an n-gram: so many words; from a CJK character on so many characters (about as much said).
#: A guess: not measured.
WORDS = 5
CHARACTERS = 8  # a guess: not measured
_CHUNK_CHARS = 1_000_000  # bounds the memory of hashing; a guess: not measured
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64; of SplitMix64
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # of SplitMix64
_SPACE = 32


@dataclass(frozen=True)
class Grams:
    """Hashed n-grams of texts, in order: gram g belongs to text `owner[g]` and begins at its unit `unit[g]`."""

    hashes: Hashes
    owner: Integers
    unit: Integers

    def distinct(self) -> Grams:
        """Each hash once a text."""
        order = np.lexsort((self.hashes, self.owner))
        hashes, owner = self.hashes[order], self.owner[order]
        new = np.ones(len(order), bool)
        new[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
        return Grams(hashes[new], owner[new], self.unit[order][new])


def grams(texts: Sequence[str], words: int = WORDS, characters: int = CHARACTERS) -> Grams:
    """The n-grams of each text, which is normalised already. A text shorter than an n-gram has none."""
    parts = [Grams(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for start, end in _chunks(texts):
        part = _grams(texts[start:end], words, characters)
        parts.append(Grams(part.hashes, part.owner + start, part.unit))
    return Grams(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("hashes", "owner", "unit")))


def units(text: str) -> list[str]:
    """The words and CJK characters of a normalised text."""
    return [part.strip() for part in pieces(text)]


def pieces(text: str) -> list[str]:
    """The units of a normalised text, each with the space behind it: joined they are the text."""
    codes = _codes([text])
    begins = _begins(codes, np.zeros(len(codes), np.int64))
    return [text[a:b] for a, b in pairwise([*np.flatnonzero(begins).tolist(), len(text)])]


def longest_passage(text: str, known: Hashes, words: int = WORDS, characters: int = CHARACTERS) -> str:
    """The longest stretch of `text` whose n-grams are all among `known`, normalised; "" where it has none."""
    plain = normalised(text)
    found = grams([plain], words, characters)
    return longest_run(plain, found.unit[np.isin(found.hashes, known)].tolist(), words, characters)


def longest_run(plain: str, places: Sequence[int], words: int = WORDS, characters: int = CHARACTERS) -> str:
    """The longest stretch of a normalised text that n-grams cover which begin at these units, one after another."""
    parts = units(plain)
    best, first, last = (0, 0), 0, -2
    for place in places:
        first = place if place != last + 1 else first
        last = place
        width = characters if is_character(parts[place]) else words
        best = max(best, (last + width - first, -first))
    return _joined(parts[-best[1] : best[0] - best[1]])


def _grams(texts: Sequence[str], words: int, characters: int) -> Grams:
    codes = _codes(texts)
    owner = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), np.int64, len(texts)))
    begins = _begins(codes, owner)
    counts = codes != _SPACE
    cjk = is_cjk(codes)[begins]
    owner, prefix = owner[begins], _prefix_hashes(codes[counts])
    begin = (np.cumsum(counts) - 1)[begins]  # its place among the characters that count
    width = np.where(cjk, characters, words)
    ends = np.append(begin[1:], counts.sum())  # a unit ends where the next one begins
    numbers = np.arange(len(begin))
    last_of_text = np.searchsorted(owner, owner, side="right")
    room = numbers + width <= last_of_text
    first, last = begin[room], ends[(numbers + width - 1)[room]]
    hashes = (prefix.sums[last] - prefix.sums[first]) * prefix.inverse[first]
    starts = np.searchsorted(owner, owner[room], side="left")
    return Grams(_mixed(hashes ^ width[room].astype(np.uint64)), owner[room], numbers[room] - starts)


@dataclass(frozen=True)
class _Prefixes:
    """`sums[n]` is the polynomial of the first n characters, `inverse[n]` shifts one that begins at n to 0."""

    sums: Hashes
    inverse: Hashes


def _prefix_hashes(codes: NDArray[np.uint32]) -> _Prefixes:
    powers, inverse = _powers(_BASE, len(codes) + 1), _powers(pow(_BASE, -1, 1 << 64), len(codes) + 1)
    terms = _mixed(codes.astype(np.uint64) + np.uint64(1)) * powers[:-1]
    return _Prefixes(np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)]), inverse)


def _powers(base: int, count: int) -> Hashes:
    factors = np.full(count, base, np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _mixed(values: Hashes) -> Hashes:
    for mixer in _MIXERS:
        values = (values ^ (values >> np.uint64(30))) * mixer
    return values ^ (values >> np.uint64(31))


def _codes(texts: Sequence[str]) -> NDArray[np.uint32]:
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)


def _begins(codes: NDArray[np.uint32], owner: Integers) -> NDArray[np.bool_]:
    """Where a unit begins: at a CJK character, behind one, behind a space, at the start of a text."""
    cjk, space = is_cjk(codes), codes == _SPACE
    begins = cjk.copy()
    begins[:1] = True
    begins[1:] |= space[:-1] | cjk[:-1] | (owner[1:] != owner[:-1])
    result: NDArray[np.bool_] = begins & ~space
    return result


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    ends = starts_of(np.fromiter(map(len, texts), np.int64, len(texts)))[1:]
    start = 0
    while start < len(texts):
        before = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, before + _CHUNK_CHARS, side="right")), start + 1)
        yield start, end
        start = end


def is_character(unit: str) -> bool:
    """Whether a unit is a CJK character; else it is a word."""
    return len(unit) == 1 and bool(is_cjk(_codes([unit]))[0])


def _joined(parts: Sequence[str]) -> str:
    text = ""
    for part in parts:
        text += part if not text or (is_character(part) and is_character(text[-1])) else f" {part}"
    return text
