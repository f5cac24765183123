"""Every list as CSV and as Parquet, in `tables/` beside the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.report.inputs import Inputs
from pipeline.report.rows.lists import LISTS, Row

#: A cell that begins so is a formula to a spreadsheet; in the CSV, not in the Parquet file, it gets a `'` in front.
_FORMULA = "=+@\t\r-"
_NUMBER = re.compile(r"-?[0-9.]+")
#: Columns that hold no text.
_KINDS = {
    "row": pa.int64(),
    "confidence": pa.float64(),
    "priority": pa.float64(),
    "log_likelihood": pa.float64(),
    "tokens": pa.int64(),
    "correct": pa.bool_(),
}


def write_lists(inputs: Inputs, folder: Path) -> dict[str, int]:
    """Write `<list>.csv` (UTF-8 with a mark, for spreadsheets) and `<list>.parquet`; name of the list -> its rows.

    A list without rows has no file. Parts are written as they come: memory does not grow with the list.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = {name: _write(function(inputs), folder / name) for name, function in LISTS.items()}
    return {name: count for name, count in counts.items() if count}


def _write(parts: Iterator[list[Row]], path: Path) -> int:
    full = (rows for rows in parts if rows)
    first = next(full, None)
    if first is None:
        return 0
    schema = _schema(first)
    count = 0
    with pq.ParquetWriter(path.with_suffix(".parquet"), schema) as parquet, path.with_suffix(".csv").open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        _write_csv(pa.table({name: [name] for name in schema.names}), file)
        for rows in chain([first], full):
            table = _table(rows, schema)
            parquet.write_table(table)
            _write_csv(table, file)
            count += table.num_rows
    return count


def _schema(rows: list[Row]) -> pa.Schema:
    return pa.schema([(name, _KINDS.get(name, pa.string())) for name in rows[0]])


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Rows in the columns of the list's first part; what is no text becomes one in a column of texts."""
    texts = {name for name in schema.names if name not in _KINDS}
    plain = [
        {name: str(value) if name in texts and value is not None else value for name, value in row.items()}
        for row in rows
    ]
    return pa.Table.from_pylist(plain, schema=schema)


def _write_csv(table: pa.Table, file: BinaryIO) -> None:
    """Rows as CSV without a header, so that parts can follow one another."""
    from pyarrow import csv

    safe = {name: _defused(column) for name, column in zip(table.column_names, table.columns, strict=True)}
    csv.write_csv(pa.table(safe), file, csv.WriteOptions(include_header=False))


def _defused(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    cells = [_safe(value) for value in column.to_pylist()]
    return pa.array(cells, pa.string())


def _safe(text: str | None) -> str | None:
    return f"'{text}" if text and text[0] in _FORMULA and not _NUMBER.fullmatch(text) else text
