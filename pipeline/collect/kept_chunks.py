"""A source's rows in chunks, kept between runs: rows that are what they were are not made records of again.

What becomes of a row hangs on the row, where it stands, the settings and the task; and its id, where it has no key, on
how often its content came before. That too is kept with a chunk, and compared. Chunks are cut by the number of rows:
a row that is put in the middle of a file moves all chunks after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from pipeline.collect.convert import RecordMaker, check_columns
from pipeline.collect.rows import AnyRow, Part, Row
from pipeline.collect.source_rows import ROWS, Chunk, chunk_of
from pipeline.runtime.part_cache import kept

#: Characters of a chunk's rows, from which on it is not kept: to write it down would take as long as to make it.
#: A guess: not measured.
_MOST_CHARS = 2**24


class _Kept(NamedTuple):
    """A chunk, its columns, and its contents as numbers -> how often each came before the chunk, and in it."""

    chunk: Chunk
    seen: frozenset[str]
    contents: dict[int, tuple[int, int]]


def keeps(maker: RecordMaker, voted_on: bool) -> bool:
    """Whether chunks of the source can be kept: not where rows with a key, conversations or votes hang together."""
    return maker.settings.key is None and maker.conversations is None and not voted_on


def to_chunks(maker: RecordMaker, parts: Iterable[Part], columns: pa.Schema) -> Iterator[Chunk]:
    """The rows of the source as `to_verdicts` judges them, in chunks. Raises PipelineError as it does."""
    for part in parts:
        seen: set[str] = set()
        left = iter(maker.whole(part.rows))
        while rows := list(islice(left, ROWS)):
            found = _found(maker, rows, part.locator, columns)
            seen |= found.seen
            yield found.chunk
        if seen:
            check_columns(maker.wanted, seen, part.locator, maker.where)


def _found(maker: RecordMaker, rows: Sequence[AnyRow], locator: str, columns: pa.Schema) -> _Kept:
    name, size = _name(rows)
    if len(rows) < ROWS or size > _MOST_CHARS:
        return _made(maker, rows, locator, columns)
    made: list[_Kept] = []

    def make() -> _Kept:
        made.append(_made(maker, rows, locator, columns))
        return made[0]

    def holds(one: _Kept) -> bool:
        return all(maker.contents.times(content) == before for content, (before, _) in one.contents.items())

    inputs = (maker.name, maker.settings, maker.task, locator, name)
    found = kept("rows of a source", inputs, make, holds)
    if not made:
        for content, (_, times) in found.contents.items():
            maker.contents.note(content, times)
    return found


def _made(maker: RecordMaker, rows: Sequence[AnyRow], locator: str, columns: pa.Schema) -> _Kept:
    contents = maker.contents.watched()
    shaped = [maker.shaped(row) for row in rows]
    seen = frozenset(column for row in shaped if isinstance(row, Row) for column in row.values)
    chunk = chunk_of([maker.verdict(row, locator) for row in shaped], columns)
    return _Kept(chunk, seen, contents)


def _name(rows: Sequence[AnyRow]) -> tuple[str, int]:
    """A name for the rows by all that they hold, and about how many characters that is."""
    found, size = hashlib.blake2b(digest_size=16), 0
    for row in rows:
        plain = repr(row).encode("utf-8", "backslashreplace")
        found.update(len(plain).to_bytes(8, "big") + plain)
        size += len(plain)
    return found.hexdigest(), size
