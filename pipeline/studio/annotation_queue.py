"""What waits for people: the queue of `label`, and the worst errors of the trained model that `evaluate` found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import cast

import pyarrow.compute as pc

from pipeline.annotation.label_studio_types import QueueRow
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.runtime.shards import batches
from pipeline.runtime.store import LEAN, files_of, lean_records, read_table, to_records
from pipeline.text.pseudonyms import pseudonym


def annotation_queue(
    data: Path, known: Mapping[str, str], answered: Set[str], weight: float
) -> tuple[list[QueueRow], int]:
    """Rows of both queues, one a record, most pressing first; and how many errors are about records that are gone.

    `known` are the records of today. An error counts `weight` times its priority, beside the reasons for which `label`
    queued the record; none does that a person has `answered`. `label` knows a record's pre-label best.
    """
    rows = _queue(data, known)
    gone = 0
    for error in _errors(data / "evaluate" / "queue.parquet") if weight else ():
        name, priority = error["record_id"], weight * error["priority"]
        if name not in known:
            gone += 1
        elif name in rows:
            rows[name] = {**rows[name], "priority": 1 - (1 - rows[name]["priority"]) * (1 - priority)}
        elif name not in answered:
            rows[name] = {**error, "priority": priority}
    return sorted(rows.values(), key=lambda row: (-row["priority"], row["record_id"])), gone


def _queue(data: Path, known: Mapping[str, str]) -> dict[str, QueueRow]:
    rows = {row["record_id"]: row for row in _rows(data / "label" / "queue.parquet")}
    for name in rows:
        if name not in known:
            raise PipelineError(
                f"{data}/label/queue.parquet: record '{name}' is not in {data}/clean/records.parquet.",
                "The stages are out of step: dvc repro label",
            )
    return rows


def _errors(file: Path) -> list[QueueRow]:
    """The rows of evaluate's queue; none before the model was evaluated."""
    return _rows(file) if file.is_file() else []


def _rows(file: Path) -> list[QueueRow]:
    return cast("list[QueueRow]", read_table(file).to_pylist())


def source_keys(file: Path, wanted: Set[str]) -> dict[str, str]:
    """Record id -> its source's own key, of the `wanted` records that have one."""
    found: dict[str, str] = {}
    for batch in batches(file, ["id", "source"]):
        rows = zip(batch["id"].to_pylist(), batch["source"].to_pylist(), strict=True)
        found |= {name: source["key"] for name, source in rows if name in wanted and source["key"] is not None}
    return found


def named_by(names: Set[str], file: Path) -> dict[str, Record]:
    """Id -> record, of those that `names` names by their id or by their source's own key; none without a table."""
    if not names or not files_of(file):
        return {}
    keys = sorted(names | {pseudonym(name, "key") for name in names})  # as cleaning left a key that is an address
    wanted = pc.field("id").isin(sorted(names)) | pc.field("source", "key").isin(keys)
    return {record.id: record for record in to_records(read_table(file, where=wanted))}


def lean(file: Path) -> Iterator[Record]:
    """The records of a records.parquet, a batch in memory at a time (see `lean_records`)."""
    yield from lean_records(batches(file, LEAN))
