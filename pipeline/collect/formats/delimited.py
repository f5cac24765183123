"""Formats `csv` and `tsv`. Every cell stays text: "NA", "null" and "001" are words.

Quoted cells may hold line breaks. A quote that is opened and never closed costs one line, not
the rest of the file: that line is quarantined and reading goes on at the next one.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from pipeline.collect.formats.text_lines import lines, undecodable
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.errors import PipelineError, shorten

#: A quoted cell longer than this many lines is taken for an unclosed quote. A guess: not measured.
MAX_LINES = 500
_DELIMITERS = (",", ";", "\t", "|")
_NAMED = re.compile(r"sep=(.)", re.IGNORECASE)
_PLAIN = " (if quotes are plain characters in this file, set `quotes: false`)"


def read_csv(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """Comma-separated values."""
    return _read(path, options, where, ",")


def read_tsv(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """Tab-separated values."""
    return _read(path, options, where, "\t")


def first_row(path: Path, options: FileOptions, where: str, delimiter: str) -> list[str]:
    """The cells of the first row, header or not; none where it cannot be read."""
    rows = _logical_rows(_Lines(path, options, where), options.quotes, delimiter)
    cells = next((cells for _, _, cells in rows), [])
    return cells if isinstance(cells, list) else []


def _read(path: Path, options: FileOptions, where: str, delimiter: str) -> Iterator[AnyRow]:
    csv.field_size_limit(
        sys.maxsize
    )  # the default refuses cells over 128 KiB; long texts are the clean stage's business
    header = list(options.columns)
    extra = 0
    source = _Lines(path, options, where)
    delimiter = options.delimiter or source.delimiter(delimiter)
    for number, raw, cells in _logical_rows(source, options.quotes, delimiter):
        if not header:
            header = _header(number, raw, cells, options, where)
            extra = len(cells) - len(header)
            continue
        yield undecodable(number, raw, options) or _row(number, raw, cells, header, extra)


def _row(number: int, raw: str, cells: list[str] | str, header: Sequence[str], extra: int) -> AnyRow:
    """The cells by column; `extra` empty ones at the end may be more than the header names."""
    if isinstance(cells, str):
        return BadRow(number, "broken_row", cells + _PLAIN, excerpt(raw))
    if extra and len(cells) == len(header) + extra and not any(cells[-extra:]):
        cells = cells[:-extra]
    if len(cells) != len(header):
        return BadRow(
            number, "wrong_cell_count", f"{len(cells)} cells where the header has {len(header)}", excerpt(raw)
        )
    return Row(number, dict(zip(header, cells, strict=True)))


class _Lines:
    """The file's lines with a way to put some back."""

    def __init__(self, path: Path, options: FileOptions, where: str) -> None:
        self._source = _at_any_end(lines(path, options, where))
        self._returned: list[tuple[int, str]] = []

    def next(self) -> tuple[int, str] | None:
        """Number and text of the next line, those put back first; None at the end of the file."""
        return self._returned.pop() if self._returned else next(self._source, None)

    def delimiter(self, usual: str) -> str:
        """What separates the cells of the first line, or what a line `sep=;` before it says."""
        first = self.next()
        if first is None:
            return usual
        named = _NAMED.fullmatch(first[1].lstrip("\ufeff").rstrip("\r\n"))
        if named:
            return named[1]
        self.put_back([first])
        found = max(_DELIMITERS, key=lambda mark: (_outside_quotes(first[1]).count(mark), mark == usual))
        return found if usual not in _outside_quotes(first[1]) and found in first[1] else usual

    def put_back(self, taken: list[tuple[int, str]]) -> None:
        """Let `next` give these lines again, in the order they were taken in."""
        self._returned.extend(reversed(taken))


def _at_any_end(source: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, where CR alone ends them too: old Macintosh files have no LF at all."""
    number = 0
    old = False
    for _, line in source:
        old = old or (number == 0 and "\r" in line.rstrip("\r\n"))
        for part in re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", line) if old else [line]:
            number += 1
            yield number, part


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _logical_rows(source: _Lines, quotes: bool, delimiter: str) -> Iterator[tuple[int, str, list[str] | str]]:
    """Number of the first line, raw text, and the cells (or why there are none) of every row."""
    width = 0
    while (first := source.next()) is not None:
        number, raw = first
        if not raw.strip():
            continue
        cells = _cells(raw, quotes, delimiter)
        if cells is None:
            raw, cells = _over_several_lines(source, first, delimiter, width)
        width = width or (len(cells) if isinstance(cells, list) else 0)
        yield number, raw, cells


def _cells(raw: str, quotes: bool, delimiter: str) -> list[str] | str | None:
    """The cells of one row; None where a quote is still open; a message where the row is broken."""
    if not quotes:
        return raw.rstrip("\r\n").split(delimiter)
    try:
        # One line end less, so that an open quote is told from a closed one.
        rows = list(csv.reader([raw.removesuffix("\n").removesuffix("\r")], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None if "unexpected end of data" in str(error) else str(error)
    return rows[0] if len(rows) == 1 else "an empty row"


def _over_several_lines(
    source: _Lines, first: tuple[int, str], delimiter: str, width: int
) -> tuple[str, list[str] | str]:
    """A row whose quoted cell goes on. Falls back to the first line alone where no sound row comes of it."""
    taken: list[tuple[int, str]] = []
    parts = [first[1]]
    while len(taken) < MAX_LINES and (line := source.next()) is not None:
        taken.append(line)
        parts.append(line[1])
        if '"' not in line[1]:
            continue
        cells = _cells("".join(parts), True, delimiter)
        if cells is None:
            continue
        if isinstance(cells, list) and len(cells) == (width or len(cells)):
            return "".join(parts), cells
        break
    source.put_back(taken)
    return first[1], "a quote is opened and not closed"


def _header(number: int, raw: str, cells: list[str] | str, options: FileOptions, where: str) -> list[str]:
    if isinstance(cells, str) or undecodable(number, raw, options):
        raise PipelineError(
            f"{where}:{number}: the header row cannot be read: {excerpt(raw)}",
            "Set `encoding`, `quotes: false`, or (for a file without header) `columns` of this source.",
        )
    while len(cells) > 1 and not cells[-1].strip():
        cells = cells[:-1]  # Excel writes empty columns at the end
    repeated = [a for a, b in pairwise(sorted(cells)) if a == b]
    if repeated:
        raise PipelineError(
            f"{where}:{number}: the header holds the column '{shorten(repeated[0])}' twice.",
            "Rename one in the file, or give all names with `columns`.",
        )
    return cells
