"""Records on disk: `records.parquet`, `dropped.parquet` (folders of shards: shards.py) and JSON files.

A stage's table has one row a record and one column a `Record` field; inputs, source,
votes and history are nested Arrow columns, so the folder reads the same in pandas,
DuckDB or `datasets`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise, repeat
from pathlib import Path
from typing import Any, TypeVar, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.record import Change, Decision, Record, Source, Split, Target, Vote, as_json
from pipeline.core.report_types import StageReport
from pipeline.core.settings import Task
from pipeline.runtime.columns import FILLED, expected, schema
from pipeline.runtime.damaged_files import (
    OF_REPORT,
    Keys,
    check_columns,
    check_keys,
    check_steps,
    parsed_json,
    read_file,
)
from pipeline.runtime.parts import parts_of

_Column = TypeVar("_Column", pa.Array, pa.ChunkedArray)


_ROWS = 4096  # a guess: not measured
_NO_SOURCE = Source("", "", "", 0, "", "")
#: Rows that a reader of single records has to decode at most. A guess: not measured.
_ROW_GROUP = 65_536
_ROW_GROUP_BYTES = 2**30  # a guess: not measured


def to_table(records: Iterable[Record], columns: pa.Schema) -> pa.Table:
    """Records as an Arrow table with the given columns (see `schema`), built in parts so that few are held as rows."""
    parts = [columns.empty_table()]
    left = iter(records)
    while rows := [_to_row(record) for record in islice(left, _ROWS)]:
        parts += _tables(rows, columns)
    return pa.concat_tables(parts[1:] or parts)


def _tables(rows: list[dict[str, object]], columns: pa.Schema) -> list[pa.Table]:
    """One table, or several where it would hold more text than Arrow's strings can."""
    try:
        return [pa.Table.from_pylist(rows, schema=columns)]
    except pa.ArrowCapacityError:
        if len(rows) < 2:
            raise
    half = len(rows) // 2
    return _tables(rows[:half], columns) + _tables(rows[half:], columns)


def to_records(table: pa.Table, batch: int = 4096) -> Iterator[Record]:
    """The rows of a table as records, a batch at a time."""
    for part in parts_of(table, batch):
        yield from _records_of(part)


def lean_records(batches: Iterable[pa.RecordBatch]) -> Iterator[Record]:
    """Records without votes, scores, history and source rows: a million take well under a gigabyte.

    Batches hold the columns of `LEAN`. Sources and decisions are shared between records.
    """
    sources: dict[tuple[Any, ...], Source] = {}
    deciders: dict[tuple[Any, ...], Decision] = {}
    for batch in batches:
        columns = [batch[name].to_pylist() for name in ("id", "fields", "group", "parent_id")]
        words = [map(_interned, batch[name].to_pylist()) for name in ("target", "lang", "split")]
        origin = [
            sources.setdefault(parts, Source(parts[0], parts[1], parts[2], 0, *parts[3:]))
            for parts in _struct_rows(batch["source"], _OF_SOURCE)
        ]
        decided = [
            None if parts[0] is None else deciders.setdefault(parts, Decision(*parts))
            for parts in _struct_rows(batch["labels_by"], ("who", "confidence"))
        ]
        known_of = _pairs(batch["meta"]) if "meta" in batch.schema.names else repeat(None, batch.num_rows)
        about = (dict(pairs) if pairs else _NO_META for pairs in known_of)
        rows = zip(*columns, *words, origin, decided, about, strict=True)
        for id, fields, group, parent, target, lang, split, source, by, meta in rows:
            known = cast("Split | None", split)
            yield Record(id, fields, source, target, lang or "", known, group, (), by, _NO_SCORES, parent, (), meta)


def _interned(value: Target) -> Target:
    """Short texts once for all: labels, languages and splits are few."""
    return sys.intern(value) if isinstance(value, str) and len(value) < 40 else value


def _struct_rows(column: _Column, names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a column of structs: the values of those fields."""
    return zip(*(pc.struct_field(column, name).to_pylist() for name in names), strict=True)


#: The columns that `lean_records` reads.
LEAN = ["id", "fields", "target", "group", "parent_id", "lang", "split", "source", "labels_by", "meta"]
_OF_SOURCE = ("name", "kind", "locator", "licence", "role", "trusted")
_NO_SCORES: dict[str, float] = {}
_NO_META: dict[str, str] = {}


def to_contents(table: pa.Table, batch: int = 4096) -> Iterator[Record]:
    """The rows as records that hold id, fields and target alone: a third of the work where only texts count."""
    for part in parts_of(table.select(["id", "fields", "target"]), batch):
        for id, fields, target in zip(*(column.to_pylist() for column in part.columns), strict=True):
            yield Record(id, fields, _NO_SOURCE, target)


def files_of(path: Path) -> list[Path]:
    """The Parquet files of a table, in order: its shards, or the one file that it is; none where there is no table."""
    if path.is_dir():
        return sorted(path.glob("part-*.parquet"))
    return [path] if path.is_file() else []


def read_table(path: Path, columns: list[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
    """The table at `path`, a file or a folder of shards: the named columns and the rows that fit `where`, else all.

    Raises PipelineError where there is none, or none that can be read.
    """
    files = files_of(path)
    if not files:
        raise PipelineError(f"{path}: no such file.", "Build it first: dvc repro")
    tables = [read_file(file, columns, where) for file in files]
    for table, file in zip(tables, files, strict=True):
        check_columns(table, expected(path.name, columns), file, FILLED)
    return pa.concat_tables(tables)


def read_records(path: Path, task: Task, columns: list[str] | None = None) -> pa.Table:
    """The records that a stage wrote for this task. Raises PipelineError, also for those of another task."""
    table = read_table(path, columns)
    needed = [name for name in ("fields", "target") if columns is None or name in columns]
    return check_columns(table, pa.schema(schema(task).field(name) for name in needed), path, ("fields",))


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet, a row group at a time; equal tables give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for n, column in enumerate(table.schema):
        if pa.types.is_map(column.type):  # Parquet and Arrow's streams name a map's entries differently: so would we
            plain = pa.map_(column.type.key_type, column.type.item_type)
            table = table.set_column(n, column.name, table[column.name].cast(plain))
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        start = 0
        while start < table.num_rows or start == 0:
            part = table.slice(start, _ROW_GROUP)
            while part.nbytes > _ROW_GROUP_BYTES and part.num_rows > 1:  # a nested column of more could not be read
                part = part.slice(0, part.num_rows // 2)
            writer.write_table(part.combine_chunks(), row_group_size=_ROW_GROUP)
            start += max(part.num_rows, 1)


def read_json(path: Path) -> Any:
    """The JSON file at `path`. Raises PipelineError where there is none, or none that can be read."""
    return parsed_json(path)


def read_report(path: Path, keys: Keys = OF_REPORT, optional: bool = False) -> dict[str, Any]:
    """A stage's report.json. Raises PipelineError where a key of `keys` is missing or of another type.

    `optional`: a key may be missing. The report of a stage that awaits labels says so, and holds nothing else
    (pipeline/runtime/awaiting_labels.py).
    """
    report = parsed_json(path)
    if not (isinstance(report, dict) and report.get("awaiting_labels") is True):
        check_keys(report, keys, path, optional=optional)
        if keys is OF_REPORT:
            check_steps(report, path, optional)
    return dict(report)


def read_stage_report(path: Path) -> StageReport:
    """The report.json of a stage that passes records on; see `read_report`."""
    return cast("StageReport", read_report(path))


def write_json(value: object, path: Path) -> None:
    """Write JSON with sorted keys; equal values give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")


def _to_row(record: Record) -> dict[str, object]:
    source, decision = record.source, record.labels_by
    return {
        "id": record.id,
        "fields": dict(record.fields),
        "target": record.target,
        "lang": record.lang,
        "source": {name: getattr(source, name) for name in Source.__slots__},
        "split": record.split,
        "group": record.group,
        "votes": [{"annotator": v.annotator, "value": as_json(v.value), "time": v.time} for v in record.votes],
        "labels_by": decision and {"who": decision.who, "confidence": decision.confidence},
        "scores": sorted(record.scores.items()),
        "parent_id": record.parent_id,
        "history": [{name: getattr(change, name) for name in Change.__slots__} for change in record.history],
        "meta": sorted(record.meta.items()),
    }


def _records_of(part: pa.Table) -> Iterator[Record]:
    """The rows of a part of one chunk a column, a column at a time: a third of the work of a row at a time."""
    names = ("id", "fields", "target", "lang", "split", "group", "parent_id")
    columns = [part[name].chunk(0).to_pylist() for name in names] if part.num_rows else [[]] * len(names)
    # what Source has gained since an earlier version wrote the table comes last, with a default
    known = cast("pa.StructType", part.schema.field("source").type).names
    stored = [name for name in Source.__slots__ if name in known]
    sources = _struct_rows(part["source"], stored)
    decided = _struct_rows(part["labels_by"], ("who", "confidence"))
    lists = [part[name].to_pylist() for name in ("votes", "history")]
    meta = part["meta"] if "meta" in part.column_names else None
    about = [[]] * part.num_rows if meta is None else _pairs(meta.combine_chunks())
    rows = zip(*columns, sources, decided, *lists, _pairs(part["scores"].combine_chunks()), about, strict=True)
    for id, fields, target, lang, split, group, parent, source, (who, sure), votes, history, scores, told in rows:
        yield Record(
            id,
            fields,
            Source(*source),
            target,
            lang,
            split,
            group,
            tuple(map(_vote, votes)),
            None if who is None else Decision(who, sure),
            dict(scores),
            parent,
            tuple(Change(**change) for change in history),
            dict(told),
        )


def _vote(row: Mapping[str, Any]) -> Vote:
    return Vote(row["annotator"], json.loads(row["value"]), row["time"])


def _pairs(maps: pa.Array) -> list[list[tuple[str, Any]]]:
    """The rows of a map column, which `to_pylist` takes long for; a row without a map is an empty one."""
    column = cast("pa.MapArray", maps)
    offsets = column.offsets.to_pylist()
    first, last = (offsets[0], offsets[-1]) if offsets else (0, 0)
    keys, values = column.keys[first:last].to_pylist(), column.items[first:last].to_pylist()
    pairs = list(zip(keys, values, strict=True))
    return [pairs[low - first : high - first] for low, high in pairwise(offsets)]
