"""The exported dataset, read back as records."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.record import META, Decision, Record, Reject, Row, Source
from pipeline.core.registry import pick
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import METRICS
from pipeline.evaluate.references import items
from pipeline.runtime.damaged_files import check_columns
from pipeline.runtime.store import read_table
from pipeline.tasks import task_type

#: What is known of exported records besides their fields and target; no table lacks `id`.
_KNOWN = pa.schema(
    {
        **dict.fromkeys(("id", "source", "lang", "group", "parent_id", "label_by"), pa.string()),
        "label_confidence": pa.float64(),
    }
)


def read_split(dataset: Path, split: str, task: Task) -> list[Record]:
    """The rows of one split (`train`, `validation`, `test`) as records, in file order.

    Raises PipelineError where there is no column of ids, where one of `_KNOWN` is of another type, for a row without a
    target, or one that the task cannot hold.
    """
    file = _file(dataset, split)
    table = read_table(file)
    there = pa.schema(column for column in _KNOWN if column.name in ("id", *table.column_names))
    rows = check_columns(table, there, file, ("id",)).to_pylist()
    return [to_record(row, task, f"{dataset}: {split}") for row in rows]


def read_test(dataset: Path, task: Task) -> list[Record]:
    """The items of the test split (references.py); raises PipelineError where it is empty."""
    exported = (dataset / "data").is_dir()  # the export writes no file for an empty split
    records = [] if exported and not _file(dataset, "test").is_file() else read_split(dataset, "test", task)
    if not records:
        raise PipelineError(
            f"{dataset}: the test split is empty, so there is nothing to evaluate the model on.",
            "Give some source the role 'test', or raise the share of the test split in params.yaml: clean.",
        )
    return items(records, task)


def read_dev(dataset: Path, task: Task) -> list[Record]:
    """The items of the dev split; empty where the dataset has none."""
    return items(read_split(dataset, "validation", task), task) if _file(dataset, "validation").is_file() else []


def _file(dataset: Path, split: str) -> Path:
    return dataset / "data" / f"{split}-00000-of-00001.parquet"


def to_record(row: Row, task: Task, where: str) -> Record:
    """One exported row as a record: the inverse of the export, as far as evaluation needs it."""
    column = pick(METRICS, task.type, "params.yaml: task.type").target
    try:
        fields, target = task_type(task).parse(row, row.get(column) if column else None, task)
    except Reject as reject:
        raise PipelineError(f"{where}: record {row.get('id')}: {reject}", _REBUILD) from None
    if target is None:
        raise PipelineError(f"{where}: record {row.get('id')} has no target.", _REBUILD)
    decision = Decision(row["label_by"], row.get("label_confidence")) if row.get("label_by") else None
    source = Source(str(row.get("source") or ""), "dataset", "", 0, "", "")
    return Record(
        id=str(row["id"]),
        fields=fields,
        source=source,
        target=target,
        lang=str(row.get("lang") or ""),
        group=row.get("group"),
        labels_by=decision,
        parent_id=row.get("parent_id"),
        meta=_meta(row),
    )


def _meta(row: Row) -> dict[str, str]:
    return {name.removeprefix(META): value for name, value in row.items() if name.startswith(META) and value}


def to_row(record: Record, task: Task) -> Row:
    """What a predictor sees of a record: the columns of the exported dataset that it may read."""
    return {"id": record.id, "lang": record.lang, **task_type(task).row(record)}


_REBUILD = "Build the dataset anew with today's params.yaml: dvc repro validate"
