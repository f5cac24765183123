"""Tables of records in shards: a folder of Parquet files, rows dealt by the beginning of their id, sorted by id.

    data/clean/records.parquet/part-00000.parquet, part-00001.parquet, ...

Ids are content hashes, so equal ranges of ids hold about equally many rows; and shards laid end to end are the table in
the order of its ids, however many there are. A small table is one shard.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.core.errors import PipelineError
from pipeline.runtime.columns import FILLED, expected
from pipeline.runtime.damaged_files import check_filled, check_schema, reading
from pipeline.runtime.parts import take_rows
from pipeline.runtime.store import files_of, write_table

#: A shard holds at most so many rows and bytes, as far as the cuts that there are allow it. A guess: not measured.
SHARD_ROWS = 2**17
SHARD_BYTES = 2**28  # a guess: not measured
#: So many bytes of shards are gathered at once. A guess: of 10 million short rows (4 GB) eight blocks.
BLOCK_BYTES = 2**29
#: Where a table may be cut: the first digits of ids. Other ids than hashes fall between them by their order.
#: A guess: not measured.
_DIGITS = 3
_CUTS = np.array([f"{n:0{_DIGITS}x}" for n in range(16**_DIGITS)])
_ROWS = 8192  # a guess: not measured


def write_shards(table: pa.Table, path: Path) -> None:
    """Write the table as the folder `path`, in place of what was there. Equal rows give equal bytes, in any order.

    Rows of one id stay in the order in which they stand. Beside the table a block of shards is in memory at a time:
    rows are gathered from every chunk of the table once a block, not once a shard.
    """
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    order = pc.sort_indices(table["id"]).to_numpy()
    in_order = bool((order[1:] > order[:-1]).all())  # then shards are slices
    ends = bounds(table["id"], _shards(table))
    at_once = max(1, BLOCK_BYTES * (len(ends) - 1) // max(1, table.nbytes))
    for first in range(0, len(ends) - 1, at_once):
        edges = ends[first : first + at_once + 1]
        start, size = edges[0], edges[-1] - edges[0]
        block = table.slice(start, size) if in_order else _taken(table, order[start : edges[-1]])
        for n, (low, high) in enumerate(pairwise(edges), first):
            write_table(block.slice(low - start, high - low), path / f"part-{n:05}.parquet")


def batches(path: Path, columns: Sequence[str] | None = None, rows: int = _ROWS) -> Iterator[pa.RecordBatch]:
    """The rows of a table on disk (a file or a folder of shards) in order, a batch in memory at a time.

    Raises PipelineError where there is none, or none that can be read.
    """
    files = files_of(path)
    if not files:
        raise PipelineError(f"{path}: no such file.", "Build it first: dvc repro")
    for file in files:
        with reading(file), pq.ParquetFile(file) as parquet:
            known = expected(path.name, columns)
            check_schema(parquet.schema_arrow, known, file)
            for batch in parquet.iter_batches(rows, columns=None if columns is None else list(columns)):
                check_filled(batch, known, file, FILLED)
                yield batch


def _shards(table: pa.Table) -> int:
    """How many shards: a power of two, from the table's size alone."""
    count = 1
    while count < len(_CUTS) and (table.num_rows > count * SHARD_ROWS or table.nbytes > count * SHARD_BYTES):
        count *= 2
    return count


def _taken(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """`take_rows` in pieces that bound what is held twice, also of columns of more than 2 GiB."""
    bytes_taken = table.nbytes * len(rows) // max(1, table.num_rows)
    pieces = max(1, -(-bytes_taken // BLOCK_BYTES))
    return pa.concat_tables([table.slice(0, 0), *(take_rows(table, part) for part in np.array_split(rows, pieces))])


def bounds(ids: pa.ChunkedArray, ranges: int) -> list[int]:
    """Where each range of ids (a power of two of them, 4,096 at most) begins in the sorted table; then its rows."""
    heads = pc.value_counts(pc.utf8_slice_codeunits(ids, 0, _DIGITS))
    places = np.searchsorted(_CUTS, np.array(heads.field("values").to_pylist(), str), side="right") - 1
    counts = np.bincount(np.maximum(places, 0), heads.field("counts").to_numpy(), minlength=len(_CUTS))
    by_range = counts.reshape(ranges, -1).sum(axis=1).astype(int)
    return [0, *np.cumsum(by_range).tolist()]
