"""What a reader yields: good rows and bad ones. Nothing that was in the input is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXCERPT = 300
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One readable row: its number (as an editor counts lines, or from 1) and its values by column."""

    number: int
    values: Mapping[str, Any]


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
    """One file, split or query of a source. `locator` is the same on every machine."""

    locator: str
    rows: Iterable[AnyRow]


def excerpt(value: object) -> str:
    """The beginning of a raw row, printable and storable whatever bytes it came from."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    head = text.rstrip("\r\n")
    head = head if len(head) <= EXCERPT else f"{head[:EXCERPT]}… ({len(text):,} characters)"
    return head.encode("utf-8", "surrogateescape" if is_escaped(head) else "backslashreplace").decode(
        "utf-8", "backslashreplace"
    )


def is_escaped(text: str) -> bool:
    """Whether `text` holds bytes that could not be decoded (kept as U+DC80..U+DCFF)."""
    return not text.isascii() and _ESCAPED.search(text) is not None
