"""What the report reads: every stage's report.json and tables, each of which may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import shorten
from pipeline.record import Record
from pipeline.report.params import Params
from pipeline.settings import Task
from pipeline.store import read_json, read_table, to_records
from pipeline.tasks import TaskType, task_type

#: Stages that pass records on, in order: the flow of counts goes through them.
FLOW = ("collect", "clean", "label", "augment")
STAGES = (*FLOW, "validate", "train", "evaluate", "value")


#: Where a record's last state stands. The source's own wording, before personal data were masked, comes last.
_LATEST_FIRST = (
    "augment/records.parquet",
    "augment/dropped.parquet",
    "label/dropped.parquet",
    "clean/dropped.parquet",
    "collect/records.parquet",
    "collect/dropped.parquet",
)


#: Where the profiles of this version and of the released one stand.
_PROFILES = ("validate", "released")


@dataclass(frozen=True)
class Inputs:
    """The data folder as sections see it. Missing files read as empty."""

    folder: Path
    task: Task
    params: Params
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)  # of this version; empty before validate has run
    released: Mapping[str, Any] = field(default_factory=dict)  # of the version it is compared with

    @property
    def kind(self) -> TaskType:
        """The project's task type."""
        return task_type(self.task)

    def report(self, stage: str) -> Mapping[str, Any]:
        """The stage's report.json; empty where the stage has not run."""
        return self.reports.get(stage, {})

    def find(self, stage: str, *names: str) -> Any:
        """The first of `names` found in the stage's report: at the top, in its notes or in a step's notes."""
        report = self.report(stage)
        places = [report, report.get("notes", {}), *(step.get("notes", {}) for step in report.get("steps", []))]
        return next((place[name] for name in names for place in places if place.get(name) not in (None, [], {})), None)

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table | None:
        """A Parquet file below the data folder, such as `clean/review.parquet`; None where there is none."""
        path = self.folder / name
        if not path.is_file():
            return None
        return pq.read_table(path, columns=columns) if columns else read_table(path)

    def rows(self, name: str, columns: tuple[str, ...], ids: set[str]) -> list[dict[str, Any]]:
        """Rows of a Parquet file whose `id` is among `ids`."""
        path = self.folder / name
        if not path.is_file() or not ids:
            return []
        found: list[dict[str, Any]] = pq.read_table(
            path, columns=list(columns), filters=[("id", "in", sorted(ids))]
        ).to_pylist()
        return found

    def records_by_id(self, ids: Iterable[str]) -> dict[str, Record]:
        """The records with these ids, in their latest state; unknown ids are left out."""
        wanted, found = set(ids), dict[str, Record]()
        for name in _LATEST_FIRST:
            path = self.folder / name
            if wanted - found.keys() and path.is_file():
                part = pq.read_table(path, filters=[("id", "in", sorted(wanted - found.keys()))])
                found.update((record.id, record) for record in to_records(part))
        return found

    def final(self) -> Iterator[Record]:
        """Every record of the finished dataset."""
        table = self.table("augment/records.parquet")
        return to_records(table) if table is not None else iter(())

    def text(self, record: Record | None) -> str | None:
        """The record's main text, cut to the length that params.yaml allows."""
        if record is None or all(value is None for value in record.fields.values()):
            return None  # a quarantined row holds no fields; its raw text stands in the drop's detail
        return self.cut(self.kind.main_text(record))

    def cut(self, text: object) -> str:
        """A text on one line, cut to the length that params.yaml allows."""
        return shorten(text, self.params.max_characters)


def load_inputs(folder: Path, task: Task, params: Params) -> Inputs:
    """Read what is there of every stage's report.json."""
    paths = {stage: folder / stage / "report.json" for stage in STAGES}
    reports = {stage: read_json(path) for stage, path in paths.items() if path.is_file()}
    known = [read_json(path) if path.is_file() else {} for path in (folder / one / "profile.json" for one in _PROFILES)]
    return Inputs(folder, task, params, reports, *known)


def sample(table: pa.Table, by: list[str], size: int) -> pa.Table:
    """At most `size` rows of every combination of `by`: those with the smallest ids, which are content hashes."""
    if not table.num_rows or not size:
        return table.slice(0, 0)
    keys = pa.table({name: table.column(name) for name in [*by, "id"]})
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names]).to_pylist()
    groups = list(zip(*(table.column(name).to_pylist() for name in by), strict=True))
    taken: dict[Any, list[int]] = {}
    for row in order:
        rows = taken.setdefault(groups[row], [])
        if len(rows) < size:
            rows.append(row)
    return table.take(pa.array([row for rows in taken.values() for row in rows], pa.int64()))
