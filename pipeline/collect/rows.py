"""What a reader yields: good rows, and bad rows, which go into quarantine. Nothing is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.record import Vote

EXCERPT = 300  # a guess: not measured
_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Row:
    """One readable row: its number (as an editor counts lines, or from 1) and its values by column.

    `repaired` says in a snake_case word what the reader had to repair; it is counted in the report. `answers` holds
    what annotators said of the row, where the format tells their answers from its columns.
    """

    number: int
    values: Mapping[str, Any]
    repaired: str | None = None
    answers: tuple[Vote, ...] = ()
    part: int = 0  # of a row that makes several records: which one, from 0


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be read: its number, why (a snake_case word), what was found, its raw text."""

    number: int
    reason: str
    detail: str
    raw: str


AnyRow = Row | BadRow

#: A reader of one file: its path, the file options, and its name for errors.
Reader = Callable[[Path, Any, str], Iterator[AnyRow]]


@dataclass(frozen=True, slots=True)
class Part:
    """One file, split or query of a source. `locator` is the same on every machine.

    `notes` are for the report; `joined_notes` joins those of a source's parts.
    """

    locator: str
    rows: Iterable[AnyRow]
    notes: Mapping[str, Any] = field(default_factory=dict)


def joined_notes(parts: Iterable[Part], notes: dict[str, Any]) -> Iterator[Part]:
    """The parts; after each its notes are in `notes`: lists one after the other, of all else the last."""
    for part in parts:
        yield part
        for name, value in part.notes.items():
            notes[name] = [*notes.get(name, ()), *value] if isinstance(value, list) else value


#: How far a packed file may grow: text packs to a hundredth at best, files made to fill a memory to less.
#: A guess: not measured.
MOST_GROWTH = 1000
#: Bytes that any file may unpack to, however small it is. A guess: not measured.
_ALWAYS_ALLOWED = 256 << 20


def most_bytes(size: int) -> int:
    """How many bytes a file of `size` bytes on disk may unpack to before it is taken for a bomb."""
    return max(_ALWAYS_ALLOWED, MOST_GROWTH * size)


def excerpt(value: object) -> str:
    """The beginning of a raw row, printable and storable whatever bytes it came from."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text.rstrip("\r\n")
    if len(text) > EXCERPT:
        text = f"{text[:EXCERPT]}… ({len(text):,} characters)"
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", storable(text))


def storable(text: str) -> str:
    """`text` with undecodable bytes and half surrogate pairs spelt out as hexadecimal numbers."""
    handler = "surrogateescape" if is_escaped(text) else "backslashreplace"
    try:
        return text.encode("utf-8", handler).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # both kinds in one text
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_escaped(text: str) -> bool:
    """Whether `text` holds bytes that could not be decoded (kept as U+DC80..U+DCFF)."""
    return not text.isascii() and _ESCAPED.search(text) is not None
