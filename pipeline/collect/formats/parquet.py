"""Format `parquet`, read batch by batch; rows are numbered from 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.collect.params import FileOptions
from pipeline.collect.rows import MOST_GROWTH, AnyRow, BadRow, Row, most_bytes
from pipeline.core.errors import PipelineError, shorten

#: Rows that are Python objects at a time. A guess: not measured.
_ROWS = 512
#: What a value raises that Python has no form for: dates in the year 300,000, bytes that are no UTF-8.
_NO_VALUE = (OverflowError, ValueError, pa.ArrowInvalid)


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """Every row with its own types. Bad rows: unreadable_value (a value that has no form in Python)."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            _check_names(file.schema_arrow, where)
            left = most_bytes(path.stat().st_size)
            for batch in file.iter_batches(batch_size=_ROWS):
                left -= _unpacked_bytes(batch)
                if left < 0:
                    raise PipelineError(
                        f"{where}: holds more than {MOST_GROWTH:,} times its size.", "Is it made to fill the memory?"
                    )
                for values in _rows(batch):
                    number += 1
                    yield Row(number, values) if isinstance(values, dict) else _bad(number, values)
    except pa.ArrowMemoryError:
        raise PipelineError(f"{where}: its rows do not fit into memory.", "Split the file.") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise PipelineError(f"{where}: not a readable Parquet file: {shorten(error, 200)}", "Fetch it again.") from None


def _check_names(schema: pa.Schema, where: str) -> None:
    twice = next((name for n, name in enumerate(schema.names) if name in schema.names[:n]), None)
    if twice is not None:
        raise PipelineError(f"{where}: two columns are called '{shorten(twice)}'.", "Rename one in the file.")


def _unpacked_bytes(batch: pa.RecordBatch) -> int:
    """Bytes of the batch's values as read: what a dictionary holds once counts as often as it is used."""
    size = 0
    for column in batch.columns:
        if isinstance(column, pa.DictionaryArray) and _is_text(column.type.value_type):
            lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
            size += pc.sum(lengths).as_py() or 0
        else:
            size += column.nbytes
    return size


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _rows(batch: pa.RecordBatch) -> list[dict[str, object] | str]:
    """The rows of a batch; for one with a value that cannot be read, which it is and why."""
    try:
        return list(batch.to_pylist())
    except _NO_VALUE:
        return [_row(batch.slice(n, 1)) for n in range(batch.num_rows)]


def _row(one: pa.RecordBatch) -> dict[str, object] | str:
    values: dict[str, Any] = {}
    for name, column in zip(one.schema.names, one.columns, strict=True):
        try:
            values[name] = column[0].as_py()
        except _NO_VALUE as error:
            return f"column '{name}' ({column.type}): {shorten(error, 120)}"
    return values


def _bad(number: int, problem: str) -> BadRow:
    return BadRow(number, "unreadable_value", problem, "")
