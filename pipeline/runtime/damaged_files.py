"""What a stage's files may be when they are not what the stage wrote: cut off, overwritten, another version's.

Every such file ends in one PipelineError that names it. DVC sees by its checksums that an output is not what it was and
builds it anew; these checks are for what runs without DVC, and for files that changed since DVC looked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError, shorten

_REBUILD = "Rebuild it: dvc repro -f"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what Arrow raises on a file that it cannot read into a PipelineError with the path."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise PipelineError(f"{path}: not a readable Parquet file: {shorten(error, 200)}", _REBUILD) from None


def read_file(file: Path, columns: list[str] | None, where: pc.Expression | None) -> pa.Table:
    """One Parquet file as a table. Raises PipelineError where it is none."""
    if not file.is_file():
        raise PipelineError(f"{file}: expected a Parquet file, found a folder.", _REBUILD)
    with reading(file):
        return pq.read_table(file, columns=columns, filters=where)


def check_columns(table: pa.Table, expected: pa.Schema, path: Path, filled: tuple[str, ...] = ()) -> pa.Table:
    """The table. Raises PipelineError where a column of `expected` is missing, of another type, or null in `filled`."""
    check_schema(table.schema, expected, path)
    check_filled(table, expected, path, filled)
    return table


def check_filled(part: pa.Table | pa.RecordBatch, expected: pa.Schema, path: Path, filled: tuple[str, ...]) -> None:
    """Raises PipelineError where a column of `expected` that is among `filled` holds nulls."""
    for name in filled:
        if name in expected.names and part[name].null_count:
            raise PipelineError(f"{path}: {part[name].null_count:,} rows have no '{name}'.", _REBUILD)


#: Columns that tables of earlier versions lack.
_LATER = ("meta",)


def check_schema(found: pa.Schema, expected: pa.Schema, path: Path) -> None:
    """Raises PipelineError for the first column of `expected` that is missing or of another type."""
    for column in expected:
        if column.name not in found.names and column.name in _LATER:
            continue
        if column.name not in found.names:
            raise PipelineError(f"{path}: there is no column '{column.name}'.", _ANOTHERS)
        kind = found.field(column.name).type
        if not _fits(kind, column.type):
            raise PipelineError(f"{path}: the column '{column.name}' holds {shorten(kind, 60)}.", _ANOTHERS)


_ANOTHERS = "Another program or version wrote this table, or it is damaged. Rebuild it: dvc repro -f"


def _fits(found: pa.DataType, expected: pa.DataType) -> bool:
    """Whether values of one type can be read as the other; of a struct every field that both have."""
    if pa.types.is_struct(expected):
        return pa.types.is_struct(found) and _fields_fit(found, expected)
    if pa.types.is_map(expected):
        return pa.types.is_map(found)
    if pa.types.is_list(expected):
        return pa.types.is_list(found) and _fits(found.value_type, expected.value_type)
    if pa.types.is_string(expected):
        return pa.types.is_string(found) or pa.types.is_large_string(found)
    if pa.types.is_floating(expected):
        return pa.types.is_floating(found) or pa.types.is_integer(found)
    return found == expected or (pa.types.is_integer(expected) and pa.types.is_integer(found))


def _fields_fit(found: pa.StructType, expected: pa.StructType) -> bool:
    both = set(found.names) & set(expected.names)
    return bool(both) and all(_fits(found.field(name).type, expected.field(name).type) for name in both)


@dataclass(frozen=True)
class Each:
    """A list, or an object of any keys, each entry of which is an object with `keys`."""

    kind: type[list[object]] | type[dict[str, object]]
    keys: Keys


#: Key of a report -> the type of what it holds, or one of several, or what an object there holds.
Keys = Mapping[str, "type | tuple[type, ...] | Each | Keys"]


def check_keys(value: object, expected: Keys, path: Path, below: str = "", optional: bool = False) -> None:
    """Raises PipelineError where `value` is no object, or a key of `expected` is missing or holds another type.

    `optional`: a key may be missing.
    """
    if not isinstance(value, dict):
        raise PipelineError(f"{path}: expected an object{below}, found {type(value).__name__}.", _REBUILD)
    for name, kind in expected.items():
        if name not in value and optional:
            continue
        if name not in value:
            raise PipelineError(f"{path}: there is no key '{name}'{below}.", _REBUILD)
        _check_kind(value[name], kind, path, name, below)


def _check_kind(value: object, kind: type | tuple[type, ...] | Each | Keys, path: Path, name: str, below: str) -> None:
    if isinstance(kind, Mapping):
        return check_keys(value, kind, path, f" in '{name}'{below}")
    if not _is_of(kind.kind if isinstance(kind, Each) else kind, value):
        raise PipelineError(f"{path}: '{name}'{below} holds {shorten(value, 60)}.", _REBUILD)
    if isinstance(kind, Each):
        entries = value if isinstance(value, list) else cast("dict[str, object]", value).values()
        for entry in entries:
            check_keys(entry, kind.keys, path, f" in '{name}'{below}")
    return None


def _is_of(kind: type | tuple[type, ...], value: object) -> bool:
    """Numbers of things are never below 0."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, int) and value < 0)


_COUNTS: Keys = {"in": int, "added": int, "kept": int, "dropped": int}


#: What the report of a stage that passes records on holds (`StageReport.write`), and each of its steps.
OF_REPORT: Keys = {"stage": str, **_COUNTS, "steps": list, "kept_by": dict, "notes": dict}
_OF_STEP: Keys = {"step": str, **_COUNTS, "reasons": dict, "notes": dict}


def check_steps(report: Mapping[str, object], path: Path, optional: bool = False) -> None:
    """Raises PipelineError for a step of the report that is not what `StageReport.apply` notes; see `check_keys`."""
    for n, step in enumerate(cast("list[object]", report.get("steps", [])), 1):
        check_keys(step, _OF_STEP, path, f" in step {n}", optional)


def parsed_json(path: Path) -> Any:
    """What the JSON file holds. Raises PipelineError where there is none, or none that can be read."""
    if not path.is_file():
        raise PipelineError(f"{path}: no such file.", "Build it first: dvc repro")
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no JSON, a number of thousands of digits
        raise PipelineError(f"{path}: not readable as JSON: {shorten(error, 100)}.", _REBUILD) from None
    except OSError as error:
        raise PipelineError(f"{path}: cannot be read: {error.strerror}.", "Check the file's permissions.") from None
