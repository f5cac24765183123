"""What every cleaning step shares: its signature, the task at hand, and the doubts it raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa

from pipeline.modeling.models import Models
from pipeline.record import Record, as_json
from pipeline.settings import Task
from pipeline.stage import Outcome
from pipeline.store import to_records, to_table
from pipeline.tasks import task_type

#: Columns of review.parquet.
REVIEW = pa.schema(
    {
        "record_id": pa.string(),
        "reason": pa.string(),
        "given": pa.string(),
        "suggested": pa.string(),
        "confidence": pa.float64(),
        "group": pa.string(),
        "detail": pa.string(),
    }
)


@dataclass(frozen=True)
class Doubt:
    """One row of review.parquet: something that a person should look at.

    `given` and `suggested` are targets as JSON. `confidence` is how sure the step is of what
    `reason` says: a probability, or a similarity for duplicates.
    """

    record_id: str
    reason: str
    given: str | None = None
    suggested: str | None = None
    confidence: float | None = None
    group: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Context:
    """What steps may know besides the table and their own settings; `doubts` collects what they ask people."""

    task: Task
    models: Models = field(default_factory=Models)
    doubts: list[Doubt] = field(default_factory=list)

    def records(self, table: pa.Table) -> list[Record]:
        """All rows as records."""
        return list(to_records(table))

    def main_text(self, record: Record) -> str:
        """The text on which duplicates are judged."""
        return task_type(self.task).main_text(record)


class CleanStep(Protocol):
    """A cleaning step. `settings` is its own part of the section `clean` of params.yaml."""

    def __call__(self, table: pa.Table, settings: Any, context: Context) -> Outcome:
        """Judge or edit the table; never changes its input."""


def review_table(doubts: Sequence[Doubt], kept_ids: set[str]) -> pa.Table:
    """Doubts as a table: by reason, the surest first.

    Doubts about records that a later step dropped are left out, except where the drop itself
    is what a person may overrule (`conflicting_label`).
    """
    rows = {d: None for d in doubts if d.record_id in kept_ids or d.reason == "conflicting_label"}
    order = sorted(rows, key=lambda d: (d.reason, -(d.confidence or 0.0), d.group or "", d.record_id))
    return pa.Table.from_pylist([{name: getattr(d, name) for name in REVIEW.names} for d in order], schema=REVIEW)


def given(record: Record) -> str:
    """The record's target as JSON."""
    return as_json(record.target)


def with_scores(table: pa.Table, name: str, values: dict[int, float]) -> pa.Table:
    """The table with score `name` set on the rows (by number) that `values` has."""
    scores = [dict(row or ()) for row in table.column("scores").to_pylist()]
    for n, value in values.items():
        scores[n][name] = value
    column = pa.array([sorted(row.items()) for row in scores], table.schema.field("scores").type)
    return table.set_column(table.schema.get_field_index("scores"), table.schema.field("scores"), column)


def with_strings(table: pa.Table, name: str, values: Sequence[str | None]) -> pa.Table:
    """The table with the string column `name` replaced."""
    return table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.string()))


def replace_rows(table: pa.Table, changed: Mapping[int, Record]) -> pa.Table:
    """The table with some rows (by number) replaced; scores of the new rows are taken from the table."""
    if not changed:
        return table
    scores = table.column("scores")
    records = [replace(record, scores=dict(scores[n].as_py())) for n, record in changed.items()]
    order = list(range(table.num_rows))
    for place, n in enumerate(changed):
        order[n] = table.num_rows + place
    return pa.concat_tables([table, to_table(records, table.schema)]).take(pa.array(order, pa.int64()))
