"""Which benchmark item a text holds, and how much of it: the share of the item's n-grams that occur in the text.

The share is of the item, not of the text: a copy behind another prompt counts as one that stands alone (containment).
An item's first line is looked for by itself too, so a question without its choices is found. n-grams that over
1 % of a benchmark's texts share (an instruction before every item) say nothing about an item and do not count.
Items of fewer than `MIN_GRAMS` n-grams are found where a text holds them whole, from `MIN_INSIDE` units on; still
shorter ones where a whole text, or a line of one, equals them; marks and labels before it (`> `, `Q:`) do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.text.normalise import normalised
from pipeline.text.passages import grams, units
from pipeline.text.shingles import Hashes, Integers, starts_of

#: n-grams that an item must have, and share with a text, to be found by its share: 8 words, or 11 Chinese characters.
#: A guess: not measured.
MIN_GRAMS = 4
#: Units that an item must have to be found at all. A guess: not measured.
MIN_UNITS = 3
#: Units that an item must have to be found inside a longer text by all of them. A guess: not measured.
MIN_INSIDE = 6
_COMMON = 0.01  # of the texts of all items: an n-gram in more is boilerplate; a guess: not measured
_ALWAYS_FEW = 3  # texts; so many may share an n-gram however few items there are; a guess: not measured
_TABLE_BITS = 22  # a guess: not measured
_LABEL = re.compile(
    r"^[\s>*#\-•\"“「'.]*(?:(?:q|question|prompt|user|human|问题?|题目?|用户)\s*\d*\s*[:：.、)]|\d+\s*[.、)）](?!\d))?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Hit:
    """Text `text` holds the share `share` of item `item`."""

    text: int
    item: int
    share: float


@dataclass(frozen=True)
class Index:
    """Items by their n-grams. `hashes` is sorted; n-gram g occurs in the probes `probes[starts[g] : starts[g + 1]]`."""

    hashes: Hashes
    starts: Integers
    probes: Integers
    sizes: Integers  # n-grams of each probe
    item_of: Integers  # item of each probe
    short: dict[str, int] = field(default_factory=dict)  # letters of a short item -> the item
    inside: Mapping[int, Mapping[int, int]] = field(default_factory=dict)  # units -> hash of a whole item -> the item
    too_short: int = 0

    @cached_property
    def _table(self) -> NDArray[np.bool_]:
        """Whether any known hash begins with these bits: most n-grams are turned away here."""
        table = np.zeros(1 << _TABLE_BITS, bool)
        table[self.hashes >> np.uint64(64 - _TABLE_BITS)] = True
        return table

    def hits(self, texts: Sequence[str], at_least: float = 0.0) -> list[Hit]:
        """Every item that a text holds at least a share of, short ones whole; texts as they are."""
        plain = [normalised(text) for text in texts]
        found = grams(plain).distinct()
        maybe = np.flatnonzero(self._table[found.hashes >> np.uint64(64 - _TABLE_BITS)])
        place = np.searchsorted(self.hashes, found.hashes[maybe])
        known = np.flatnonzero(place < len(self.hashes))
        known = known[self.hashes[place[known]] == found.hashes[maybe[known]]]
        gram, owner = place[known], found.owner[maybe[known]]
        counts = self.starts[gram + 1] - self.starts[gram]
        inner = np.arange(counts.sum()) - np.repeat(starts_of(counts)[:-1], counts)
        probe = self.probes[np.repeat(self.starts[gram], counts) + inner]
        pairs, shared = np.unique(np.repeat(owner, counts) * max(len(self.sizes), 1) + probe, return_counts=True)
        text, which = np.divmod(pairs, max(len(self.sizes), 1))
        share = shared / self.sizes[which] if len(which) else np.zeros(0)
        close = (share >= at_least) & (shared >= MIN_GRAMS)
        columns = (text[close].tolist(), self.item_of[which[close]].tolist(), share[close].tolist())
        hits = [Hit(*values) for values in zip(*columns, strict=True)]
        return [*hits, *self._short_hits(texts, plain), *self._inside_hits(plain)]

    def _inside_hits(self, plain: Sequence[str]) -> Iterator[Hit]:
        for width, items in self.inside.items():
            found = grams(plain, width, width).distinct()
            for n in np.flatnonzero(np.isin(found.hashes, np.array(list(items), np.uint64))).tolist():
                yield Hit(int(found.owner[n]), items[int(found.hashes[n])], 1.0)

    def _short_hits(self, texts: Sequence[str], plain: Sequence[str]) -> Iterator[Hit]:
        for n, text in enumerate(texts if self.short else ()):
            lines = text.splitlines() if "\n" in text else []
            keys = {_letters(plain[n]), *(_letters(normalised(_unlabelled(line))) for line in (text, *lines))}
            yield from (Hit(n, self.short[key], 1.0) for key in sorted(keys & self.short.keys()))


def build_index(items: Sequence[Sequence[str]]) -> Index:
    """The index of items, each of one or several texts."""
    probes: list[str] = []
    item_of: list[int] = []
    for n, texts in enumerate(items):
        for text in dict.fromkeys(part for whole in texts for part in (whole, _first_line(whole))):
            probes.append(normalised(text))
            item_of.append(n)
    found = grams(probes).distinct()
    common = _common(found.hashes, len(probes))
    counts = np.bincount(found.owner, minlength=len(probes))
    kept = ~np.isin(found.hashes, common)
    left = np.bincount(found.owner[kept], minlength=len(probes))
    searched = left >= MIN_GRAMS
    kept &= searched[found.owner]
    order = np.lexsort((found.owner[kept], found.hashes[kept]))
    hashes, first = np.unique(found.hashes[kept][order], return_index=True)
    starts = np.append(first, kept.sum()).astype(np.int64)
    few = np.flatnonzero(counts < MIN_GRAMS).tolist()
    short, too_short = _short_items(probes, item_of, few)
    inside = _inside_items(probes, item_of, few)
    return Index(hashes, starts, found.owner[kept][order], left, np.array(item_of, np.int64), short, inside, too_short)


def _common(hashes: Hashes, texts: int) -> Hashes:
    """n-grams that more than 1 % of the texts have, and more than three."""
    distinct, counts = np.unique(hashes, return_counts=True)
    return distinct[counts > max(_ALWAYS_FEW, _COMMON * texts)]


def _short_items(probes: Sequence[str], item_of: Sequence[int], few: Sequence[int]) -> tuple[dict[str, int], int]:
    found: dict[str, int] = {}
    too_short = 0
    for n in few:
        size = len(units(probes[n]))
        too_short += size < MIN_UNITS
        if MIN_UNITS <= size < MIN_INSIDE:
            found.setdefault(_letters(probes[n]), item_of[n])
    return found, too_short


def _inside_items(probes: Sequence[str], item_of: Sequence[int], few: Sequence[int]) -> dict[int, dict[int, int]]:
    """Units -> the one n-gram that is a whole short item -> the item."""
    found: dict[int, dict[int, int]] = {}
    for n in few:
        width = len(units(probes[n]))
        if width >= MIN_INSIDE:
            whole = grams([probes[n]], width, width)
            found.setdefault(width, {}).setdefault(int(whole.hashes[0]), item_of[n])
    return found


def _unlabelled(line: str) -> str:
    """The line without quotation and list marks and a label such as `Q:` or `问：` at its start."""
    return _LABEL.sub("", line, count=1)


def _letters(plain: str) -> str:
    return plain.replace(" ", "")


def _first_line(text: str) -> str:
    """The first line of several, where it is long enough to be found by itself; else the text."""
    first, _, rest = text.strip().partition("\n")
    return first if rest and len(units(normalised(first))) >= 2 * MIN_GRAMS else text
