"""What cleaning steps share: their signature, the task, parts and columns of the table, what they list for review."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.counts import ranked
from pipeline.core.record import Record, Reject, Vote, as_json
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.runtime import stage
from pipeline.runtime.engine import Engine, Result, Work
from pipeline.runtime.part_cache import map_parts
from pipeline.runtime.part_changes import Change, Update
from pipeline.runtime.parts import take_rows
from pipeline.runtime.stage import Drop, Outcome, drop_rows, joined
from pipeline.runtime.store import to_contents, to_records
from pipeline.tasks import TaskType, task_type
from pipeline.text.normalise import text_key

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
class ReviewItem:
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


@dataclass
class Ledger:
    """What a function over a part of a table writes down besides the rows: counts by kind, and items for review."""

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    review_items: list[ReviewItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a part, as a row-wise step sees it. `record` holds id, fields and target alone."""

    part: pa.Table
    number: int
    record: Record
    text: str  # the record's main text
    role: str  # of its source

    @property
    def is_held_out(self) -> bool:
        """Whether its source was given to test or to compare with: not for a filter to thin out."""
        return self.role in ("test", "benchmark")

    @property
    def place(self) -> str:
        """Where its source has it: file and line, as `mails.csv:7`. Read only when asked for: few rows need it."""
        source = self.part.column("source")[self.number].as_py()
        return f"{source['locator']}:{source['row']}"


#: What a row-wise step says of one row: why it goes, or None. It may write counts and items for review in the ledger.
RowProblem = Callable[[Row, Ledger], Drop | None]


@dataclass(frozen=True)
class Context:
    """What steps may know besides the table and their own settings; `review_items` is what people should look at."""

    task: Task
    models: Models = field(default_factory=Models)
    review_items: list[ReviewItem] = field(default_factory=list)
    engine: Engine = field(default_factory=Engine)

    def records(self, table: pa.Table, rows: Sequence[int] | None = None) -> dict[int, Record]:
        """Some rows (by default all) as records, by row number. A million of them fill gigabytes: ask for few."""
        if rows is None:
            return dict(enumerate(to_records(table)))
        return dict(zip(rows, to_records(take_rows(table, rows)), strict=True))

    def main_text(self, record: Record) -> str:
        """The text on which duplicates are found."""
        return task_type(self.task).main_text(record)

    def by_part(self, table: pa.Table, work: Callable[[pa.Table, Ledger], Outcome]) -> Outcome:
        """`work` on each part of the table, wherever the engine runs it; notes are the ledger's counts.

        `work` is a function of a module or a `partial` of one, and looks at each row by itself.
        """
        parts: list[Outcome] = []
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for outcome, ledger in self.mapped(partial(_with_ledger, work), table, update=_updated):
            parts.append(outcome)
            self.review_items.extend(ledger.review_items)
            for name, found in ledger.counts.items():
                counts[name].update(found)
        return joined(parts, notes={name: dict(ranked(found)) for name, found in counts.items()})

    def drop_where(self, table: pa.Table, step: str, problem_of: RowProblem) -> Outcome:
        """The table without the rows that have a problem. `problem_of` is a function of a module or a `partial`."""
        return self.by_part(table, partial(_drop_where, step=step, task=self.task, problem_of=problem_of))

    def columns(self, table: pa.Table, work: Callable[[pa.Table], pa.Table]) -> pa.Table:
        """New columns, a row for each row of the table, computed part by part wherever the engine runs it."""
        return pa.concat_tables(self.mapped(work, table, update=updated_columns))

    def mapped(
        self,
        work: Work[Result],
        table: pa.Table,
        ids: pa.ChunkedArray | None = None,
        update: Update[Result] | None = None,
    ) -> Iterator[Result]:
        """`work` on each part of the table, results in order, kept for later runs; `ids` of a table without them.

        `update` makes the result of a part of which a few rows changed; see `map_parts`.
        """
        return map_parts(self.engine, work, table, table["id"] if ids is None else ids, update)

    def equal_texts(self, table: pa.Table, may_join: Sequence[bool]) -> list[list[int]]:
        """Rows that `may_join` and whose main text, normalised, others of them have too; each text's rows in order."""
        keys = self.columns(table, partial(_text_keys, task=self.task)).column("key").to_numpy()
        rows = np.flatnonzero(may_join)
        order = rows[np.argsort(keys[rows].astype("S20"), kind="stable")]
        differs = keys[order][1:] != keys[order][:-1]
        starts = np.flatnonzero(np.concatenate([np.ones(min(len(order), 1), bool), differs]))
        sizes = np.diff(np.append(starts, len(order)))
        several = sizes > 1
        found = zip(starts[several].tolist(), sizes[several].tolist(), strict=True)
        return sorted(order[start : start + size].tolist() for start, size in found)


def _with_ledger(work: Callable[[pa.Table, Ledger], Outcome], part: pa.Table) -> tuple[Outcome, Ledger]:
    ledger = Ledger()
    return work(part, ledger), ledger


def _updated(
    before: tuple[Outcome, Ledger], gone: tuple[Outcome, Ledger] | None, came: tuple[Outcome, Ledger], change: Change
) -> tuple[Outcome, Ledger] | None:
    """What `_with_ledger` gives for a part, from what it gave for it earlier and gives for the rows that changed."""
    old, book = before
    lost, lost_book = gone or (None, Ledger())
    new, new_book = came
    if old.kept.num_rows + old.dropped.num_rows != len(change.before) or old.added or new.added:
        return None
    ids = pa.array(sorted(change.gone_ids), pa.string())
    kept, dropped = (_in_order(getattr(old, name), ids, getattr(new, name)) for name in ("kept", "dropped"))
    counts = _counts(book, new_book, lost_book)
    review_items = [item for item in book.review_items if item.record_id not in change.gone_ids]
    review_items = sorted([*review_items, *new_book.review_items], key=lambda item: item.record_id)
    changed = old.changed + new.changed - (lost.changed if lost else 0)
    return Outcome(kept, dropped, changed=changed), Ledger(counts, review_items)


def _counts(before: Ledger, came: Ledger, gone: Ledger) -> defaultdict[str, Counter[str]]:
    counts = defaultdict(Counter, {name: Counter(found) for name, found in before.counts.items()})
    for name, found in came.counts.items():
        counts[name].update(found)
    for name, found in gone.counts.items():
        counts[name].subtract(found)
    return defaultdict(Counter, {name: +found for name, found in counts.items()})


def _in_order(old: pa.Table, gone: pa.Array, new: pa.Table) -> pa.Table:
    """The rows of both but for those `gone`, by their ids."""
    stays = old.filter(pc.invert(pc.is_in(old["id"], gone)))
    both = pa.concat_tables([stays, new])
    return both.take(pc.sort_indices(both["id"])).combine_chunks()


def updated_columns(before: pa.Table, _: pa.Table | None, came: pa.Table, change: Change) -> pa.Table:
    """The columns of a part, from those that it had earlier and those of the rows that came."""
    return change.rows(before, came)


def rows_of(part: pa.Table, task: Task) -> Iterator[Row]:
    """The rows of a part of a table, in order."""
    main_text = task_type(task).main_text
    roles = pc.struct_field(part.column("source"), "role").to_pylist()
    for n, (record, role) in enumerate(zip(to_contents(part), roles, strict=True)):
        yield Row(part, n, record, main_text(record), role)


def _drop_where(part: pa.Table, ledger: Ledger, step: str, task: Task, problem_of: RowProblem) -> Outcome:
    problems = ((row.number, problem_of(row, ledger)) for row in rows_of(part, task))
    return drop_rows(part, step, {n: problem for n, problem in problems if problem is not None})


def _text_keys(part: pa.Table, task: Task) -> pa.Table:
    kind = task_type(task)
    return pa.table({"key": pa.array([text_key(kind.main_text(record)) for record in to_contents(part)], pa.string())})


def edit_texts(part: pa.Table, step: str, task: Task, edit: Callable[[str], str]) -> Outcome:
    """Every text of every record passed through `edit`; annotations move along, histories tell. Drops what cannot."""
    kind = task_type(task)

    def work(record: Record) -> Record:
        fields, target = kind.edit_texts(record.fields, record.target, edit)
        votes = edited_votes(record, kind, edit)
        if fields == record.fields and target == record.target:
            return record if votes == record.votes else replace(record, votes=votes)
        return replace(record.derive(step, fields=fields, target=target), votes=votes)

    return stage.per_record(part, step, work)


def edited_votes(record: Record, kind: TaskType, edit: Callable[[str], str]) -> tuple[Vote, ...]:
    """The record's votes after an edit of its texts: their texts edited, their places moved along.

    A vote of which the edit leaves nothing is given up; the record keeps the others.
    """
    found = []
    for vote in record.votes:
        try:
            found.append(replace(vote, value=kind.edit_texts(record.fields, vote.value, edit)[1]))
        except Reject:
            continue
    return tuple(found)


class CleanStep(Protocol):
    """A cleaning step. `settings` is an instance of the class that stands beside it in `STEPS`."""

    def __call__(self, table: pa.Table, settings: Any, context: Context) -> Outcome:
        """Check or edit the table; never changes its input."""


def review_table(review_items: Sequence[ReviewItem], kept_ids: set[str]) -> pa.Table:
    """Doubts as a table: by reason, the surest first.

    Doubts about records that a later step dropped are left out, except where the drop itself
    is what a person may overrule (`conflicting_label`).
    """
    rows = {d: None for d in review_items if d.record_id in kept_ids or d.reason == "conflicting_label"}
    order = sorted(rows, key=lambda d: (d.reason, -(d.confidence or 0.0), d.group or "", d.record_id))
    return pa.Table.from_pylist([{name: getattr(d, name) for name in REVIEW.names} for d in order], schema=REVIEW)


def given(record: Record) -> str:
    """The record's target as JSON."""
    return as_json(record.target)


def with_scores(table: pa.Table, name: str, values: Mapping[int, float]) -> pa.Table:
    """The table with score `name` set on the rows (by number) that `values` has."""
    kind = table.schema.field("scores").type
    parts = []
    start = 0
    for batch in table.select(["scores"]).to_batches(max_chunksize=4096):
        scores = [dict(row or ()) for row in batch.column(0).to_pylist()]
        for n, row in enumerate(scores):
            if start + n in values:
                row[name] = values[start + n]
        parts.append(pa.array([sorted(row.items()) for row in scores], kind))
        start += len(scores)
    column = pa.chunked_array(parts, kind)
    return table.set_column(table.schema.get_field_index("scores"), table.schema.field("scores"), column)


def with_strings(table: pa.Table, name: str, values: Sequence[str | None]) -> pa.Table:
    """The table with the string column `name` replaced."""
    return table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.string()))


def replace_rows(table: pa.Table, changed: Mapping[int, Record]) -> pa.Table:
    """The table with some rows (by number) replaced; scores of the new rows are taken from the table."""
    scores = table.column("scores")
    return stage.replace_rows(table, {n: replace(r, scores=dict(scores[n].as_py())) for n, r in changed.items()})
