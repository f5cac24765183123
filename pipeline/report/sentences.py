"""What stages say in English sentences (why a row was dropped, what an expectation asks), said in the page's language.

Stages write English into their reports and tables, as logs and files do. `strings/sentences.json` has each of these
sentences with placeholders, and how Chinese says it; a sentence that fits none of them stays as it is. The first that
fits wins, so those that end other sentences come first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypedDict

_FILE = Path(__file__).parent / "strings" / "sentences.json"
_SLOT = re.compile(r"\{(\w+)\}")
#: Slots that only a figure fills; every other one takes any text.
_FIGURES = ("n", "m", "share")
FIGURE = r"[-+−]?\d[\d,.]*(?: ?%)?"
#: Slots that hold texts of the data, in which no sentence of ours is looked for.
_DATA = ("text", "quote", "passage", "surface", "words")
#: A row of the data, as JSON, behind a sentence about it; the name of a reason before the sentence.
_BESIDE = re.compile(r"(?P<detail>.+?): (?P<text>[{\[].*)", re.DOTALL)
_NAMED = re.compile(r"[a-z]+(?:_[a-z]+)+: .")
_NEXT = re.compile(r"; (?=[a-z]+(?:_[a-z]+)+: .)")
#: Longer texts are no sentences of ours. A guess: not measured.
_LONGEST = 1200


class Sentence(NamedTuple):
    """One sentence: its key among the page's strings, both texts, and how it is told."""

    key: str
    english: str
    chinese: str
    pattern: re.Pattern[str]
    anchor: str  # its longest literal piece: what does not hold it is not this sentence


@cache
def sentences() -> tuple[Sentence, ...]:
    """All sentences in the order of the file."""
    pairs: Mapping[str, str] = json.loads(_FILE.read_text("utf-8"))
    return tuple(_sentence(n, english, chinese) for n, (english, chinese) in enumerate(pairs.items()))


def _sentence(number: int, english: str, chinese: str) -> Sentence:
    pieces = _SLOT.split(english)
    literal = pieces[::2]
    pattern = "".join(re.escape(one) if n % 2 == 0 else _slot(one) for n, one in enumerate(pieces))
    return Sentence(f"said.{number}", english, chinese, re.compile(pattern, re.DOTALL), max(literal, key=len))


def _slot(name: str) -> str:
    return f"(?P<{name}>{FIGURE if name in _FIGURES else '.+?'})"


def strings(language: str) -> Iterator[tuple[str, str]]:
    """Key and text of every sentence in a language."""
    for one in sentences():
        yield one.key, one.chinese if language == "zh" else one.english


class Word(TypedDict):
    """A word of ours, or of the data."""

    w: str


class Told(TypedDict):
    """A sentence: its key among the page's strings, and what fills it."""

    k: str
    a: Mapping[str, Told | Word]


def told(text: str) -> Told | None:
    """The sentence that a text is: `k`, its key, and `a`, what fills it; None where it is none of ours.

    What fills it is a sentence again, or a word of ours or of the data: `w`.
    """
    if len(text) > _LONGEST:
        return None
    if _NAMED.match(text):
        return _named(text)
    for one in sentences():
        if one.anchor in text and (found := one.pattern.fullmatch(text)):
            return {"k": one.key, "a": {name: _filled(name, value) for name, value in found.groupdict().items()}}
    return _composed(text)


def _named(text: str) -> Told:
    """`reason: sentence`, and after `; ` the next one."""
    first, *rest = _NEXT.split(text, maxsplit=1)
    name, _, detail = first.partition(": ")
    head: Told = {"k": "said.named", "a": {"name": {"k": f"code.{name}", "a": {}}, "detail": _filled("detail", detail)}}
    return {"k": "said.joined", "a": {"first": head, "rest": _named(rest[0])}} if rest else head


def _composed(text: str) -> Told | None:
    """A sentence before the row that it is about, or two sentences."""
    if found := _BESIDE.fullmatch(text):
        detail = told(found["detail"])
        return detail and {"k": "said.beside", "a": {"detail": detail, "text": {"w": found["text"]}}}
    first, _, rest = text.partition("; ")
    ends = (told(first), told(rest)) if rest else (None, None)
    return {"k": "said.joined", "a": {"first": ends[0], "rest": ends[1]}} if ends[0] and ends[1] else None


def _filled(name: str, value: str) -> Told | Word:
    """What fills a slot: a sentence again, or a word."""
    return (None if name in _DATA else told(value)) or {"w": value}
