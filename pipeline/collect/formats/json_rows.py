"""Formats `json` (a list of objects) and `jsonl` (one object a line)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

from pipeline.collect.formats.json_elements import elements, is_lines, read_text
from pipeline.collect.formats.text_lines import lines, undecodable, whole_text
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt, is_escaped
from pipeline.core.errors import PipelineError
from pipeline.core.registry import did_you_mean


def read_json(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """The objects of a list, numbered from 1. The list is the file, or stands at `rows_at` in it.

    In a list that is damaged or cut off, each broken element is a bad row: not_json, undecodable, truncated_file.
    """
    text = read_text(path, options, where)
    try:
        value = None if is_escaped(text) else _loaded(text)
    except json.JSONDecodeError as error:
        value = None
        if not _is_list(text, options):
            hint = "Fix the file, or set `format: jsonl` if every line is an object."
            raise PipelineError(f"{where}:{error.lineno}:{error.colno}: not JSON: {error.msg}.", hint) from None
    except RecursionError:
        raise PipelineError(f"{where}: not readable: nested too deeply.", "Flatten the file.") from None
    if value is None and _is_list(text, options):
        yield from _one_by_one(text)
        return
    yield from _listed(value if value is not None else json.loads(whole_text(path, options, where)), options, where)


def _is_list(text: str, options: FileOptions) -> bool:
    return options.rows_at is None and text.lstrip().startswith("[")


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number of thousands of digits
        return json.loads(text, parse_int=_bounded)


def _bounded(digits: str) -> int | float:
    """The integer, or infinity where it has more digits than any number here: its row is quarantined as such."""
    return int(digits) if len(digits) < 400 else math.inf


def _one_by_one(text: str) -> Iterator[AnyRow]:
    for number, found in enumerate(elements(text), 1):
        if isinstance(found, BadRow):
            yield BadRow(number, found.reason, f"line {found.number}: {found.detail}", found.raw)
        else:
            yield as_row(number, found.value, found.value)


def _listed(value: object, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """The list's elements as rows."""
    for key in options.rows_at.split(".") if options.rows_at else ():
        value = _inside(value, key, where)
    if not isinstance(value, list):
        keys = f" with the keys {', '.join(list(value)[:10])}" if isinstance(value, dict) else ""
        hint = "Set `rows_at` to the list's place, or `format: jsonl`."
        raise PipelineError(f"{where}: expected a list of rows, found {type(value).__name__}{keys}.", hint)
    for number, item in enumerate(value, 1):
        yield as_row(number, item, item)


def _inside(value: object, key: str, where: str) -> object:
    if isinstance(value, dict) and key in value:
        return value[key]
    hint = did_you_mean(key, value) if isinstance(value, dict) else "There is no object at that place."
    raise PipelineError(f"{where}: rows_at: no key '{key}'.", hint)


def read_jsonl(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One object a line; blank lines are no rows."""
    for number, line in lines(path, options, where):
        if line.strip():
            yield undecodable(number, line, options) or _parsed(number, line)


def read_either(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """`json` where the file begins with `[` (and its ending does not say lines) or names `rows_at`, else `jsonl`."""
    if is_lines(path):
        return read_jsonl(path, options, where)
    first = next((line.lstrip()[0] for _, line in lines(path, options, where) if line.strip()), "")
    reader = read_json if first == "[" or options.rows_at else read_jsonl
    return reader(path, options, where)


def as_row(number: int, value: object, raw: object) -> AnyRow:
    """`value` as a row if it is an object."""
    if isinstance(value, dict):
        return Row(number, value)
    return BadRow(number, "not_an_object", f"expected an object, found {type(value).__name__}", excerpt(raw))


def _parsed(number: int, line: str) -> AnyRow:
    try:
        return as_row(number, json.loads(line), line)
    except json.JSONDecodeError as error:
        return BadRow(number, "not_json", f"column {error.colno}: {error.msg}", excerpt(line))
    except (RecursionError, ValueError) as error:  # ValueError: a number of thousands of digits
        return BadRow(number, "not_json", type(error).__name__, excerpt(line))
