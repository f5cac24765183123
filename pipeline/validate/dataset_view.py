"""What the expectations look at: the exported records, and the reports of the stages before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.errors import PipelineError
from pipeline.core.record import META, Record, Target, as_json
from pipeline.core.report_types import StageReports
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.runtime.dataset_versions import INDEX, index_of
from pipeline.runtime.records import Records
from pipeline.runtime.store import LEAN, read_json, read_table
from pipeline.tasks import TaskType, task_type
from pipeline.text.normalise import normalised
from pipeline.validate.report_types import Profile

#: Split -> its name in the exported dataset (the Hugging Face convention). Other splits are not exported.
EXPORTED = {"train": "train", "dev": "validation", "test": "test"}

#: Columns of a record that expectations may name, beside the task type's own (`TaskType.row`).
RECORD_COLUMNS: Mapping[str, Callable[[Record], object]] = {
    "id": lambda record: record.id,
    "target": lambda record: record.target,
    "split": lambda record: record.split,
    "lang": lambda record: record.lang,
    "source": lambda record: record.source.name,
    "licence": lambda record: record.source.licence,
    "group": lambda record: record.group,
    "parent_id": lambda record: record.parent_id,
    "label_by": lambda record: record.labels_by and record.labels_by.who,
    "label_confidence": lambda record: record.labels_by and record.labels_by.confidence,
}


def labels_of(target: Target) -> list[str]:
    """The labels that a target carries, each once: its class, its several labels, or the types of its spans."""
    parts = target if isinstance(target, list) else [target]
    named = (one.get("label") if isinstance(one, Mapping) else one for one in parts)
    return sorted({str(one) for one in named if one is not None})


#: A value of a column as expectations see it.
Cell = str | float | None


@dataclass(frozen=True)
class Released:
    """The version that later ones are compared with (`sft release`): its profile and its index."""

    profile: Profile
    index: pa.Table


@dataclass(frozen=True)
class View:
    """`records` are those of the exported splits; `held_back` those of the benchmark split: decoded as they are read.

    `reports` maps each earlier stage, in order, to its report.json; `rows` counts the final table.
    `index` and `profile` describe this version as `released` describes the one before.
    """

    task: Task
    models: Models
    records: Records
    held_back: Records
    reports: StageReports
    rows: int
    index: pa.Table
    profile: Profile = field(default_factory=Profile)
    released: Released | None = None

    @cached_property
    def kind(self) -> TaskType:
        """The task type's functions."""
        return task_type(self.task)

    @cached_property
    def labelled(self) -> Records:
        """The records that have a label: what is exported."""
        return self.records.where(pc.is_valid(self.records.table["target"]))

    @cached_property
    def columns(self) -> list[str]:
        """Names that an expectation may give as `column`."""
        own = self.kind.row(self.records[0])
        about = [META + name for name in self.meta]
        return [*RECORD_COLUMNS, "main_text", *(name for name in own if name not in RECORD_COLUMNS), *about]

    @cached_property
    def meta(self) -> list[str]:
        """Names of all `meta` of the records, in alphabetical order."""
        return sorted(_names(self.records.table["meta"]))

    def column(self, name: str) -> list[Cell]:
        """One column: texts and numbers as they are (blank text is null), nested values as JSON."""
        value_of = self._reader(name)
        return [_flat(value_of(record)) for record in self.records]

    def _reader(self, name: str) -> Callable[[Record], object]:
        """What gives a record's value of a column."""
        if name == "main_text":
            return self.kind.main_text
        if name in RECORD_COLUMNS:
            return RECORD_COLUMNS[name]
        tag = name.removeprefix(META)
        if name.startswith(META) and tag in self.meta:
            return lambda record: record.meta.get(tag)
        return lambda record: self.kind.row(record)[name]

    def texts(self, record: Record) -> list[str]:
        """Every text of a record, in the task type's order."""
        found: list[str] = []

        def note(text: str) -> str:
            found.append(text)
            return text

        self.kind.edit_texts(record.fields, record.target, note)
        return found

    def text_key(self, record: Record) -> int:
        """A number for the main text as texts are compared, equal for texts that count as equal; 0 for no text.

        A number because a million normalised texts would not be small; it differs from run to run.
        """
        text = normalised(self.kind.main_text(record))
        return hash(text) if text else 0

    @cached_property
    def text_keys(self) -> list[int]:
        """`text_key` of every record of `records`."""
        return [self.text_key(record) for record in self.records]


def view_of(table: pa.Table, task: Task, models: Models, reports: StageReports) -> View:
    """The view of a final table."""
    lean = table.select(LEAN)
    whole = Records(lean, lean=True)
    records = whole.where(pc.is_in(lean["split"], pa.array(sorted(EXPORTED))))
    held_back = whole.where(pc.equal(lean["split"], "benchmark"))
    return View(task, models, records, held_back, reports, table.num_rows, index_of(table))


def read_released(folder: Path) -> Released | None:
    """The released version in `folder`; None where nothing is released yet."""
    profile, index = folder / "profile.json", folder / "index.parquet"
    if not profile.is_file() and not index.is_file():
        return None
    table = read_table(index)
    if not set(INDEX.names) <= set(table.column_names):
        raise PipelineError(
            f"{index}: not the index of a version; it has the columns {', '.join(table.column_names)}.",
            "Write it anew with `sft release`, or remove it to compare with no version.",
        )
    return Released(read_json(profile), table)


def _names(column: pa.ChunkedArray) -> set[str]:
    """The names in a column of maps."""
    found: set[str] = set()
    for chunk in column.chunks:
        maps = cast("pa.MapArray", chunk)
        offsets = maps.offsets.to_pylist()
        if offsets:
            found.update(pc.unique(maps.keys[offsets[0] : offsets[-1]]).to_pylist())
    return found


def _flat(value: object) -> Cell:
    if isinstance(value, str):
        return value if value.strip() else None
    return value if value is None or isinstance(value, int | float) else as_json(value)
