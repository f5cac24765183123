"""A source's rows in chunks, kept between runs: rows that are what they were are not made records of again.

What becomes of a row hangs on the row, where it stands, the settings and the task; and its id, where it has no key, on
how often its content came before. That too is kept with a chunk, and compared. Chunks are cut by the number of rows:
a row that is put in the middle of a file moves all chunks after it.

With another engine than `local` its workers make the records: each chunk as if no content came before it, and those
where one did once more, told how often.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from pipeline.collect.convert import RecordMaker, check_columns
from pipeline.collect.params import RecordSource
from pipeline.collect.rows import AnyRow, Part, Row
from pipeline.collect.source_rows import ROWS, Chunk, chunk_of
from pipeline.core.settings import Task
from pipeline.runtime.engine import Engine, Work, load_engine
from pipeline.runtime.part_cache import kept, recall, remember

#: Characters of a chunk's rows, from which on it is not kept: to write it down would take as long as to make it.
#: A guess: not measured.
_MOST_CHARS = 2**24
_USE = "rows of a source"


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
    engine = load_engine()
    for part in parts:
        seen: set[str] = set()
        chunks = _cut(maker.whole(part.rows))
        made: Iterator[_Kept] = map(partial(_found, maker, locator=part.locator, columns=columns), chunks)
        if engine.kind != "local":
            made = _by_workers(maker, chunks, part.locator, columns, engine)
        for found in made:
            seen |= found.seen
            yield found.chunk
        if seen:
            check_columns(maker.wanted, seen, part.locator, maker.where)


def _cut(rows: Iterable[AnyRow]) -> Iterator[list[AnyRow]]:
    left = iter(rows)
    while chunk := list(islice(left, ROWS)):
        yield chunk


def _found(maker: RecordMaker, rows: Sequence[AnyRow], locator: str, columns: pa.Schema) -> _Kept:
    inputs = _inputs(maker, rows, locator)
    if inputs is None:
        return _made(maker, rows, locator, columns)
    made: list[_Kept] = []

    def make() -> _Kept:
        made.append(_made(maker, rows, locator, columns))
        return made[0]

    def holds(one: _Kept) -> bool:
        return all(maker.contents.times(content) == before for content, (before, _) in one.contents.items())

    found = kept(_USE, inputs, make, holds)
    if not made:
        _note(maker, found)
    return found


def _note(maker: RecordMaker, found: _Kept) -> None:
    for content, (_, times) in found.contents.items():
        maker.contents.note(content, times)


def _inputs(maker: RecordMaker, rows: Sequence[AnyRow], locator: str) -> tuple[object, ...] | None:
    """What becomes of the rows hangs on this; None where it is not worth keeping."""
    name, size = _name(rows)
    if len(rows) < ROWS or size > _MOST_CHARS:
        return None
    return maker.name, maker.settings, maker.task, locator, name


def _by_workers(
    maker: RecordMaker, chunks: Iterator[list[AnyRow]], locator: str, columns: pa.Schema, engine: Engine
) -> Iterator[_Kept]:
    """`_found` of each chunk, made by the workers of the engine where no earlier run made it."""
    work = partial(
        _made_there, asked=(maker.name, maker.settings, maker.task, maker.where), locator=locator, columns=columns
    )

    while window := list(islice(chunks, engine.window)):
        earlier = [_earlier(maker, rows, locator) for rows in window]
        found = _asked(engine, work, window, {n: {} for n, (_, one) in enumerate(earlier) if one is None})
        first = [one or found[n] for n, (_, one) in enumerate(earlier)]
        found |= _asked(engine, work, window, _repeats(maker, first))
        _remember([use for use, _ in earlier], found)
        yield from map(found.get, range(len(first)), first)


def _earlier(maker: RecordMaker, rows: Sequence[AnyRow], locator: str) -> tuple[object, _Kept | None]:
    """Under which use the chunk is kept, None where it is not; and what an earlier run kept of it."""
    inputs = _inputs(maker, rows, locator)
    return (None, None) if inputs is None else ((_USE, inputs), recall((_USE, inputs), _USE))


def _remember(uses: Sequence[object], found: Mapping[int, _Kept]) -> None:
    for n, one in found.items():
        if uses[n] is not None:
            remember(uses[n], _USE, one)


def _asked(
    engine: Engine, work: Work[_Kept], window: Sequence[list[AnyRow]], before: Mapping[int, dict[int, int]]
) -> dict[int, _Kept]:
    """The chunks of these numbers in the window, each made by a worker that is told what came before it."""
    parts = (_packed(window[n], times) for n, times in before.items())
    return dict(zip(before, engine.map_parts(work, parts), strict=True))


def _repeats(maker: RecordMaker, chunks: Sequence[_Kept]) -> dict[int, dict[int, int]]:
    """Which of these next chunks were made for other contents before them, and how often those came; notes them all."""
    wrong = {}
    for n, one in enumerate(chunks):
        before = {content: maker.contents.times(content) for content in one.contents}
        if any(before[content] != times for content, (times, _) in one.contents.items()):
            wrong[n] = {content: times for content, times in before.items() if times}
        _note(maker, one)
    return wrong


def _packed(rows: list[AnyRow], before: dict[int, int]) -> pa.Table:
    """Rows as a part for a worker, and how often their contents came before."""
    return pa.table({"rows": pa.array([pickle.dumps((rows, before), protocol=5)], pa.large_binary())})


def _made_there(part: pa.Table, asked: tuple[str, RecordSource, Task, str], locator: str, columns: pa.Schema) -> _Kept:
    """`_made`, in a worker."""
    rows, before = pickle.loads(part["rows"][0].as_py())
    maker = RecordMaker(*asked)
    for content, times in before.items():
        maker.contents.note(content, times)
    return _made(maker, rows, locator, columns)


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
