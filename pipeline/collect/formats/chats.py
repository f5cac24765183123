"""Files of conversations, whatever holds the rows: JSON (a list), JSON Lines, Parquet, CSV, TSV.

The rows are given as they stand; `pipeline.collect.conversations` reads them by the format's dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

from pipeline.collect.formats import delimited, parquet
from pipeline.collect.formats.json_rows import read_either
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.tool_definitions import without_nulls

_DELIMITED = {".csv": delimited.read_csv, ".tsv": delimited.read_tsv}


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """The rows of a file. In Parquet, keys that are null are left out: each turn there has the keys of all others."""
    if is_parquet(path):
        yield from (_without_nulls(row) for row in parquet.read(path, options, where))
        return
    ending = Path(where.removesuffix(".gz")).suffix.lower()
    yield from _DELIMITED.get(ending, read_either)(path, options, where)


def read_instances(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """Rows of `alpaca`; one with `instances`, a list of {input, output} (self-instruct, BELLE), gives several."""
    return _instances(read(path, options, where))


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _without_nulls(row: AnyRow) -> AnyRow:
    if isinstance(row, BadRow):
        return row
    kept = {name: without_nulls(value) for name, value in row.values.items() if value is not None}
    return Row(row.number, kept, row.repaired)


def _are_objects(found: object) -> TypeGuard[list[dict[str, object]]]:
    return isinstance(found, list) and bool(found) and all(isinstance(one, dict) for one in found)


def _instances(rows: Iterable[AnyRow]) -> Iterator[AnyRow]:
    for row in rows:
        found = row.values.get("instances") if isinstance(row, Row) else None
        if isinstance(row, BadRow) or found is None:
            yield row
        elif _are_objects(found):
            rest = {name: value for name, value in row.values.items() if name != "instances"}
            for one in found:
                yield Row(row.number, {**rest, **one})
        else:
            yield BadRow(row.number, "not_a_dialogue", "`instances` holds no objects", excerpt(row.values))
