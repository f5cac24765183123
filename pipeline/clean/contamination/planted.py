"""Copies of the user's own benchmark, planted to measure how many of them are found, and how many others are.

Kinds: `verbatim`; `reformatted` (case, punctuation, white space, line breaks, list and quotation marks, width);
`embedded` (behind another prompt of the user's data, in one text); `second_turn` (a text of its own behind another);
`numbers_swapped` (every number replaced by another one of as many digits); `reworded` (every seventh word replaced,
left out or exchanged with its neighbour; in Chinese two characters stand for a word). All follows from the items.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from pipeline.core.record import content_id
from pipeline.text.scripts import count_han

#: Makes the texts of a record that holds a copy of an item: (item, another text of the data, words, rng).
Plant = Callable[[str, str, Sequence[str], random.Random], list[str]]

_NUMBER = re.compile(r"\d+")
_REWORDED = 7  # one word in so many; a guess: not measured
_WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def _verbatim(item: str, other: str, words: Sequence[str], rng: random.Random) -> list[str]:
    return [item]


def _reformatted(item: str, other: str, words: Sequence[str], rng: random.Random) -> list[str]:
    text = rng.choice((str.upper, str.lower, str.title, str))(item)
    text = text.replace(" ", rng.choice((" ", "  ", "\n", "\t", "\u00a0")))
    text = re.sub(r"([.?!。？！])\s*", rng.choice((r"\1\n", r"\1\n\n- ", r" \1 ", r"\1  ")), text)
    text = text.replace(",", rng.choice((",", " ,", "", "，"))).replace("，", rng.choice(("，", "、", " ")))
    if rng.random() < 0.2:
        text = text.translate(_WIDE)
    return [rng.choice(("{}", '"{}"', "**{}**", "> {}", "Q: {}", "问：{}", "## Question\n{}\n")).replace("{}", text)]


def _embedded(item: str, other: str, words: Sequence[str], rng: random.Random) -> list[str]:
    return [rng.choice((f"{other}\n\n{item}", f"{other} {item}", f"{item}\n\n{other}", f"{other}\n{item}\n{other}"))]


def _second_turn(item: str, other: str, words: Sequence[str], rng: random.Random) -> list[str]:
    return [other, item]


def _numbers_swapped(item: str, other: str, words: Sequence[str], rng: random.Random) -> list[str]:
    def another(match: re.Match[str]) -> str:
        low = 10 ** (len(match[0]) - 1)
        value = rng.randrange(low, 10 * low - 1)
        return str(value + (value >= int(match[0])))

    return [_NUMBER.sub(another, item)] if _NUMBER.search(item) else []


def _reworded(item: str, other: str, words: Sequence[str], rng: random.Random) -> list[str]:
    chinese = count_han(item) * 3 > len(item)
    parts = re.findall(r"(?s)..?", item) if chinese else item.split()
    for _ in range(max(1, len(parts) // _REWORDED)):
        place, how = rng.randrange(len(parts)), rng.random()
        if how < 0.6 or len(parts) < 2:
            parts[place] = _two_characters(rng.choice(words), rng) if chinese else rng.choice(words)
        elif how < 0.8:
            del parts[place]
        else:
            after = (place + 1) % len(parts)
            parts[place], parts[after] = parts[after], parts[place]
    return ["".join(parts) if chinese else " ".join(parts)]


def _two_characters(text: str, rng: random.Random) -> str:
    """What most Chinese words are."""
    start = rng.randrange(max(1, len(text) - 1))
    return text[start : start + 2]


#: Kinds by name.
PLANTS: dict[str, Plant] = {
    "verbatim": _verbatim,
    "reformatted": _reformatted,
    "embedded": _embedded,
    "second_turn": _second_turn,
    "numbers_swapped": _numbers_swapped,
    "reworded": _reworded,
}


def plant(kind: str, items: Sequence[str], others: Sequence[str]) -> list[list[str]]:
    """For each item the texts of a record that holds a copy of it; [] where an item cannot be copied so."""
    words = sorted({word for text in (*items, *others) for word in text.split()}) or ["x"]
    found = []
    for item in items:
        rng = random.Random(content_id("planted", kind, item))
        other = rng.choice(others) if others else ""
        found.append(PLANTS[kind](item, other, words, rng))
    return found
