"""What much of a source shares: an instruction before every input, a signature, a template, a footer.

Such text says nothing about whether two records are alike. It is measured on the data: a passage of 4 words (6 Chinese
characters) that at least 8 texts of one source have, and at least 1 % of them, is boilerplate. What is left of a text
without it is what tells it apart from the rest of its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.text.passages import grams, is_character, longest_run, pieces
from pipeline.text.shingles import Hashes, Integers

#: Units of the passages that are counted: so many words, or characters where they begin with a CJK character.
#: A guess: not measured.
WORDS = 4
CHARACTERS = 6  # a guess: not measured
#: Texts of a source that must share a passage, and the share of its texts. A guess: not measured.
AT_LEAST = 8
SHARE = 0.01  # a guess: not measured
#: Slots of a source's counts. Passages share slots by chance: among 20 million of them five a slot, where 10,000 count.
_BITS = 22

#: What `count` found in texts of one source: slots, and how many of the texts have a passage there.
Counts = tuple[Integers, Integers]
#: For each source the slots of its boilerplate; a source without any is left out.
Common = Mapping[str, NDArray[np.bool_]]


def count(plain: Sequence[str]) -> Counts:
    """How many of the texts of one source, normalised already, have each passage."""
    found = grams(plain, WORDS, CHARACTERS).distinct()
    return np.unique(_slots(found.hashes), return_counts=True)


def common(counts: Mapping[str, Sequence[Counts]], texts: Mapping[str, int]) -> Common:
    """The boilerplate of each source, from the counts of its parts and the number of its texts."""
    found = {}
    for name, parts in counts.items():
        if texts[name] >= AT_LEAST:
            table = np.zeros(1 << _BITS, np.uint32)
            for slots, times in parts:
                table[slots] += times.astype(np.uint32)
            shared = table >= max(AT_LEAST, SHARE * texts[name])
            if shared.any():
                found[name] = shared
    return found


def residual(plain: Sequence[str], shared: Common) -> list[str]:
    """Each normalised text without the boilerplate of any source; whole where nothing would be left.

    Whichever source a text is of, so that equal texts of two sources are left with the same.
    """
    result = list(plain)
    if not shared:
        return result
    table = np.logical_or.reduce(list(shared.values()))
    found = grams(plain, WORDS, CHARACTERS)
    hit = table[_slots(found.hashes)]
    owner, first = found.owner[hit], found.unit[hit]
    starts = np.searchsorted(owner, np.arange(len(plain) + 1))
    for n in np.unique(owner).tolist():
        result[n] = _without(plain[n], first[starts[n] : starts[n + 1]]) or plain[n]
    return result


def example(plain: Sequence[str], name: str, shared: Common) -> str:
    """The longest boilerplate passage of some texts of one source."""
    best = ""
    for text in plain if name in shared else ():
        found = grams([text], WORDS, CHARACTERS)
        hit = found.unit[shared[name][_slots(found.hashes)]]
        best = max(best, longest_run(text, hit.tolist(), WORDS, CHARACTERS), key=len)
    return best


def _without(text: str, first: Integers) -> str:
    """The text without the passages that begin at these units."""
    parts = pieces(text)
    goes = np.zeros(len(parts), bool)
    for place in first.tolist():
        goes[place : place + (CHARACTERS if is_character(parts[place].strip()) else WORDS)] = True
    return "".join(part for part, gone in zip(parts, goes.tolist(), strict=True) if not gone).strip()


def _slots(hashes: Hashes) -> Integers:
    return (hashes >> np.uint64(64 - _BITS)).astype(np.int64)
