"""What the report reads: every stage's report.json and tables, each of which may be missing.

After a run that stopped, what the stages behind the stop left in an earlier run is of other data: it reads as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.annotation.push_ledger import Pushed, read_pushed
from pipeline.core.errors import shorten
from pipeline.core.record import Record, Reject
from pipeline.core.report_types import StepReport
from pipeline.core.settings import Task
from pipeline.report.params import Params
from pipeline.runtime.columns import schema
from pipeline.runtime.damaged_files import OF_REPORT, Each, Keys, check_columns
from pipeline.runtime.parts import take_rows
from pipeline.runtime.refused_dataset import is_refused
from pipeline.runtime.shards import batches
from pipeline.runtime.store import LEAN, files_of, lean_records, read_report, read_table, to_records
from pipeline.tasks import TaskType, task_type
from pipeline.text.personal_data import find, masked

#: Stages that pass records on, in order: the flow of counts goes through them.
FLOW = ("collect", "clean", "label", "augment")
STAGES = (*FLOW, "validate", "train", "evaluate", "value")
#: The stage whose results each one is made from; `value` trains models of its own.
_MADE_FROM = {**dict(zip(STAGES[1:], STAGES, strict=False)), "value": "validate"}


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


#: What the report reads of stages that do not pass records on (see `read_report`).
_KEYS: dict[str, Keys] = {
    "validate": {"dataset": dict, "expectations": list, "changes": (dict, type(None))},
    "train": {
        **dict.fromkeys(("dev", "dev_before", "from", "parameters", "rows", "settings"), dict),
        **{"base_model": str, "best_step": int, "steps": int},
    },
    "evaluate": {
        **dict.fromkeys(("details", "interval", "metrics", "representativeness"), dict),
        **dict.fromkeys(("lower_is_better", "not_evaluated", "robustness"), list),
        **{"headline": str, "n": int, "baselines": Each(dict, {}), "worst_errors": Each(list, {"record_id": str})},
        "fairness": Each(list, {"attribute": str, "groups": list}),
        "reliability": Each(list, dict.fromkeys(("accuracy", "confidence", "count"), (int, float))),
        "slices": Each(list, {"attribute": str, "slice": str}),
    },
    "value": {
        **{"applies": bool, "more_data": dict, "summary": list},
        **{"steps": Each(list, {"step": str, "against": str}), "variants": Each(dict, {})},
    },
}
_OF_PROFILE: Keys = {
    **dict.fromkeys(("classes", "coverage", "label_by", "languages", "lengths", "rows", "sources"), dict),
    **{"augmented": int, "originals": int},
    "quality_scores": Each(dict, {"from": dict}),
    "bias": Each(list, {"attribute": str, "measure": str, "slices": list}),
    "words": {"distinct": dict, "distinct_tokens": int, "growth": list, "tokens": int, "vocabulary": int},
}


@dataclass(frozen=True)
class Inputs:
    """The data folder as sections see it. Missing files read as empty."""

    folder: Path
    task: Task
    params: Params
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)  # of this version; empty before validate has run
    released: Mapping[str, Any] = field(default_factory=dict)  # of the version it is compared with
    pushed: Pushed = field(default_factory=Pushed)  # tasks in Label Studio, by record id
    left_over: frozenset[str] = frozenset()  # stages whose results are of an earlier run

    @property
    def kind(self) -> TaskType:
        """The project's task type."""
        return task_type(self.task)

    @property
    def masks(self) -> bool:
        """Whether the project masks personal data."""
        return any(step["step"] == "pii" for step in self.report("clean").get("steps", []))

    def report(self, stage: str) -> Mapping[str, Any]:
        """The stage's report.json; empty where the stage has not run."""
        return self.reports.get(stage, {})

    def steps(self, stage: str) -> Sequence[StepReport]:
        """The steps of a stage that passes records on; none where it has not run."""
        found: Sequence[StepReport] = self.report(stage).get("steps", [])
        return found

    def find(self, stage: str, *names: str) -> Any:
        """The first of `names` found in the stage's report: at the top, in its notes or in a step's notes."""
        report = self.report(stage)
        places = [report, report.get("notes", {}), *(step.get("notes", {}) for step in report.get("steps", []))]
        return next((place[name] for name in names for place in places if place.get(name) not in (None, [], {})), None)

    def place(self, name: str) -> Path | None:
        """Where a table of the data folder lies; None where there is none of this run."""
        path = self.folder / name
        return path if files_of(path) and name.split("/")[0] not in self.left_over else None

    def table(self, name: str, columns: list[str] | None = None, where: pc.Expression | None = None) -> pa.Table | None:
        """A table below the data folder, such as `clean/review.parquet`; None where there is none.

        Only `columns` of it, and only the rows that fit `where`, where these are given.
        """
        path = self.place(name)
        return read_table(path, columns, where) if path else None

    def rows(self, name: str, columns: tuple[str, ...], ids: set[str]) -> list[dict[str, str | None]]:
        """Rows of a table whose `id` is among `ids`; the columns hold texts."""
        path = self.place(name)
        if path is None or not ids:
            return []
        found = read_table(path, list(columns), pc.field("id").isin(sorted(ids)))
        rows: list[dict[str, str | None]] = found.to_pylist()
        return rows

    def records_by_id(self, ids: Iterable[str]) -> dict[str, Record]:
        """The records with these ids, in their latest state; unknown ids are left out."""
        wanted, found = set(ids), dict[str, Record]()
        for name in _LATEST_FIRST:
            path = self.place(name)
            if path and wanted - found.keys():
                part = self.of_task(read_table(path, where=pc.field("id").isin(sorted(wanted - found.keys()))), path)
                records = map(self.quarantined_record, to_records(part)) if _is_raw(name) else to_records(part)
                found.update((record.id, record) for record in records)
        return found

    def of_task(self, table: pa.Table, path: Path) -> pa.Table:
        """The table. Raises PipelineError where its fields or targets are not those of the project's task."""
        needed = pa.schema(schema(self.task).field(name) for name in ("fields", "target"))
        return check_columns(table, needed, path, ("fields",))

    def final(self) -> Iterator[Record]:
        """Every record of the finished dataset, without votes, scores and history."""
        path = self.place("augment/records.parquet")
        if path:
            yield from lean_records(batches(path, LEAN))

    def text(self, record: Record | None) -> str | None:
        """The record's main text, cut to the length that params.yaml allows."""
        if record is None or all(value is None for value in record.fields.values()):
            return None  # a quarantined row holds no fields; its raw text stands in the drop's detail
        return self.cut(self.kind.main_text(record))

    def quarantined(self, text: object) -> str:
        """A piece of a row as it was read, cut; masked where the project masks personal data."""
        return self.cut(_masked(str(text)) if self.masks else text)

    def quarantined_record(self, record: Record) -> Record:
        """A record as it was read; its texts masked where the project masks personal data."""
        if not self.masks or all(value is None for value in record.fields.values()):
            return record
        try:
            fields, target = self.kind.edit_texts(record.fields, record.target, _masked)
        except Reject:  # its answer is a piece of what was masked
            fields, target = self.kind.edit_texts(record.fields, None, _masked)
        return replace(record, fields=fields, target=target, history=())

    def cut(self, text: object) -> str:
        """A text on one line, cut to the length that params.yaml allows."""
        return shorten(text, self.params.max_characters)


def _is_raw(name: str) -> bool:
    """Whether the file holds rows as they were read, before personal data were masked."""
    return name.startswith("collect/")


def _masked(text: str) -> str:
    return masked(text, find(text), {})


def load_inputs(folder: Path, task: Task, params: Params) -> Inputs:
    """Read what is there of every stage's report.json."""
    paths = {stage: folder / stage / "report.json" for stage in STAGES}
    found = {
        stage: read_report(path, _KEYS.get(stage, OF_REPORT), optional=True)
        for stage, path in paths.items()
        if path.exists()
    }
    # a stage that waits for the first labels has nothing to show: it reads as one that has not run
    reports = {stage: report for stage, report in found.items() if not report.get("awaiting_labels")}
    left_over = _left_over(folder, found)
    now, before = ({} if name in left_over else _profile(folder / name / "profile.json") for name in _PROFILES)
    of_this_run = {stage: report for stage, report in reports.items() if stage not in left_over}
    return Inputs(folder, task, params, of_this_run, now, before, read_pushed(folder / "annotations"), left_over)


def _left_over(folder: Path, reports: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The stages behind one that stopped, which DVC leaves without results, or that refused the data."""
    found: set[str] = set()
    for stage, before in _MADE_FROM.items():
        stopped = before not in reports and (folder / before).is_dir()
        if stopped or before in found or is_refused(reports.get(before, {})):
            found.add(stage)
    return frozenset(found)


def _profile(path: Path) -> dict[str, Any]:
    return read_report(path, _OF_PROFILE, optional=True) if path.exists() else {}


def sample(table: pa.Table, by: list[str], size: int) -> pa.Table:
    """At most `size` rows of every combination of `by`: those with the smallest ids, which are content hashes."""
    import numpy as np

    if not table.num_rows or not size:
        return table.slice(0, 0)
    keys = table.select([*dict.fromkeys([*by, "id"])])
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names]).to_numpy()
    begins = np.zeros(len(order), bool)
    begins[0] = True
    for name in by:
        codes = pc.dictionary_encode(table.column(name).combine_chunks(), null_encoding="encode").indices.to_numpy()
        begins[1:] |= codes[order][1:] != codes[order][:-1]
    rank = np.arange(len(order)) - np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    return take_rows(table, order[rank < size])
