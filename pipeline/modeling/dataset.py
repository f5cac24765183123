"""Reading the exported dataset, with nothing but pyarrow."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.record import Row, share
from pipeline.runtime.damaged_files import check_columns, read_file
from pipeline.runtime.parts import take_rows
from pipeline.runtime.refused_dataset import check_exported

#: Our split names -> the exported ones.
SPLITS = {"train": "train", "dev": "validation", "test": "test"}


def read_split(dataset: Path, split: str) -> pa.Table:
    """All rows of one split (train, dev or test) of a dataset folder; an empty table where it has none."""
    if not dataset.is_dir():
        raise PipelineError(f"{dataset}: no such dataset folder.", "Build it first: dvc repro validate")
    check_exported(dataset)
    files = sorted((dataset / "data").glob(f"{SPLITS[split]}-*.parquet"))
    if not files:
        return pa.table({})
    tables = [read_file(file, None, None) for file in files]
    for table, file in zip(tables, files, strict=True):
        check_columns(table, _ALWAYS, file, ("id",))
    return pa.concat_tables(tables)


#: What every exported split has, whatever the task.
_ALWAYS = pa.schema({"id": pa.string()})


def sample(table: pa.Table, rows: int, seed: int) -> pa.Table:
    """At most `rows` rows (0: all), drawn by record id: other rows coming or going moves no choice."""
    if not rows or table.num_rows <= rows:
        return table
    shares = [share(str(seed), record_id) for record_id in table.column("id").to_pylist()]
    chosen = sorted(sorted(range(len(shares)), key=shares.__getitem__)[:rows])
    return take_rows(table, chosen)


def repeated(table: pa.Table) -> pa.Table:
    """Each row as often as its column `repeats` says (0: not at all), where the dataset has one."""
    if "repeats" not in table.column_names:
        return table
    times = table.column("repeats").to_pylist()
    return table.take(pa.array([n for n, count in enumerate(times) for _ in range(count)], pa.int64()))


def to_rows(table: pa.Table) -> list[Row]:
    """Rows as dictionaries."""
    return [*table.to_pylist()]
