"""What the value stage reads of the stages before it."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.runtime.columns import DROPPED
from pipeline.runtime.store import read_records, read_table, to_records
from pipeline.value.variants import Stages


def read_stages(collect: Path, clean: Path, label: Path, augment: Path, task: Task) -> Stages:
    """The records that four stages wrote to these folders."""
    folders = (collect, clean, label, augment)
    first, *others = (list(to_records(read_records(folder / "records.parquet", task))) for folder in folders)
    cleaned, labelled, augmented = others
    return Stages(first, cleaned, labelled, augmented, _dropped_for(clean))


def read_dropped(clean: Path) -> list[tuple[str, Record]]:
    """The records that `clean` dropped, each with its step."""
    table = read_table(clean / "dropped.parquet")
    records = to_records(table.drop_columns(list(DROPPED)))
    return list(zip(table.column("step").to_pylist(), records, strict=True))


def read_repeats(validate: Path) -> dict[str, int]:
    """Train record -> how often the mixture reads it in an epoch, of those that it does not read once."""
    return {row["id"]: row["repeats"] for row in read_table(validate / "mixture.parquet").to_pylist()}


def _dropped_for(clean: Path) -> dict[str, str]:
    table = read_table(clean / "dropped.parquet").select(["id", "other_id"])
    return {row["id"]: row["other_id"] for row in table.to_pylist() if row["other_id"]}
