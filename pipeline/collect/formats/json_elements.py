"""JSON values one after another: the elements of a list, or objects back to back. A broken one costs itself alone.

`json.loads` gives up a whole file for one damaged or missing character. Here each value is decoded by
itself; after a broken one reading goes on at the next line that is indented as the first value was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.collect.formats.text_lines import lines
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import BadRow, excerpt, is_escaped

_BETWEEN = re.compile(r"[\s,]*")
_VALUE_AT_LINE_START = re.compile(r"(?<=\n)[\[{]")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Element:
    """One decoded value and the line it starts on."""

    line: int
    value: Any


def read_text(path: Path, options: FileOptions, where: str) -> str:
    """The file's text, undecodable bytes kept as lone surrogates: `elements` quarantines what holds them."""
    return "".join(line for _, line in lines(path, options, where))


def is_lines(path: Path) -> bool:
    """Whether the file's name says that it holds one value a line."""
    return PurePosixPath(path.name.lower().removesuffix(".gz")).suffix in (".jsonl", ".ndjson")


def elements(text: str, start: int = 0, *, listed: bool = True) -> Iterator[Element | BadRow]:
    """The values from `start` on, to the `]` that ends a list or to the end of the text.

    A `[` at `start` opens the list, unless `listed` is false (values back to back, some of which may be lists).
    Bad rows, numbered by line: not_json, undecodable, truncated_file, after_the_list.
    """
    place, is_list = _next(text, start), start > 0
    if listed and text.startswith("[", place) and not is_list:
        is_list, place = True, _next(text, place + 1)
    again = _resume_at(text, place) if listed else _VALUE_AT_LINE_START
    line, counted = 1, 0
    while place < len(text) and not (is_list and text[place] == "]"):
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, end = _DECODER.raw_decode(text, place)
            yield _sound(line, value, text[place:end])
        except (json.JSONDecodeError, RecursionError, ValueError) as error:
            found = again.search(text, place + 1)
            end = found.start() if found else len(text)
            yield BadRow(line, "not_json", _why(error), excerpt(text[place:end]))
        place = _next(text, end)
    if is_list:
        yield from _end_of_list(text, place, line, is_whole=not start)


def _end_of_list(text: str, place: int, line: int, is_whole: bool) -> Iterator[BadRow]:
    """What is wrong about the end of a list, whose `]` is to stand at `place`. Of a whole file nothing may follow."""
    rest = text[place + 1 :].strip() if is_whole else ""
    if rest:
        yield BadRow(line, "after_the_list", "more text after the end of the list", excerpt(rest))
    if place >= len(text):
        yield BadRow(line, "truncated_file", "the list is not closed: the file was cut off", excerpt(text[-80:]))


def _next(text: str, place: int) -> int:
    """Where the next value begins: after white space and commas."""
    between = _BETWEEN.match(text, place)
    return between.end() if between else place


def _resume_at(text: str, place: int) -> re.Pattern[str]:
    """Where the next value may start: a line of the first one's indentation and opening character."""
    indent = text[text.rfind("\n", 0, place) + 1 : place]
    if indent.strip():  # the list is on one line
        return re.compile(r"(?!)")
    return re.compile(rf"(?<=\n){re.escape(indent)}{re.escape(text[place : place + 1])}")


def _sound(line: int, value: object, raw: str) -> Element | BadRow:
    if is_escaped(raw):
        return BadRow(line, "undecodable", "bytes that are not in the file's encoding", excerpt(raw))
    return Element(line, value)


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return type(error).__name__


def decoded(cell: Any) -> Any:
    """The list or object that a text is the JSON of; anything else as it is."""
    if not isinstance(cell, str) or cell.strip()[:1] not in ("[", "{") or cell.strip()[-1:] not in ("]", "}"):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        return cell
