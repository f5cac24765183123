"""Cleaning steps on rows of yours, without a project: what `clean.steps` of params.yaml runs, one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from pipeline.clean.step import CleanStep, Context
from pipeline.clean.steps import STEPS
from pipeline.collect.convert import RecordMaker, Verdict, to_verdicts
from pipeline.collect.params import RecordSource
from pipeline.collect.rows import Part, Row
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.core.registry import Entry, pick
from pipeline.core.settings import Settings, Task, parse
from pipeline.modeling.models import Model, Models
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from sft.rows import Edit, Result, as_dicts, like

if TYPE_CHECKING:
    from sft.rows import AnyRows

Rows = TypeVar("Rows", bound="AnyRows")

#: What a kept row says beside its own columns, where a step set it.
_SET = ("group", "split")
_SOURCE = "rows"


def step(
    name: str | Sequence[str] | Mapping[str, Mapping[str, object] | None],
    rows: Rows,
    *,
    task: Task | Mapping[str, object],
    columns: Mapping[str, str] | None = None,
    target: str | None = None,
    role: str = "train",
    settings: Mapping[str, object] | None = None,
    encoder: Model | None = None,
) -> Result[Rows]:
    r"""One cleaning step (a name of `clean.steps`), or several in order, on rows of yours.

    Several are names, or names with their settings: `{"missing": {"target": "drop"}, "exact_duplicates": None}`.
    `task` is the section `task` of params.yaml; `columns` names the column of each of its fields where it is another
    one, `target` that of the answer. `settings` are the step's own (of several: by step). Rows that no record can be
    made of are dropped as `collect` would drop them. Nothing is lost: `len(kept) + len(dropped) == len(rows)`.
    Raises PipelineError for unknown names and settings.

    >>> rows = [{"body": "Caf\u00c3\u00a9 &amp; bar"}, {"body": ""}]
    >>> result = step(["repair_text", "missing"], rows, task={"type": "classification"}, columns={"text": "body"})
    >>> result.kept[0]["body"], result.dropped[0]["reason"], result.edits[0].after
    ('Café & bar', 'empty_text', '"Café & bar"')
    """
    own = _settings(name, settings)
    chosen = {one: pick(STEPS, one, "sft.step") for one in own}
    wanted = task if isinstance(task, Task) else parse(dict(task), Task, "sft.step: task")
    given = as_dicts(rows)
    source = parse(
        {"kind": "rows", "role": role, "licence": "not stated", "fields": dict(columns or {}), "target": target},
        RecordSource,
        "sft.step",
    )
    if source.lang is None and len(wanted.languages) > 1:
        source = source.model_copy(update={"lang": "auto"})
    verdicts = _verdicts(given, source, wanted)
    context = Context(wanted, Models(encoder=encoder) if encoder else Models())
    return _run(chosen, own, verdicts, given, rows, source, context)


def _settings(
    name: str | Sequence[str] | Mapping[str, Mapping[str, object] | None], settings: Mapping[str, object] | None
) -> dict[str, object]:
    """The settings of each step, in order. Raises PipelineError for settings of a step that is not asked for."""
    if isinstance(name, str):
        return {name: settings}
    found: dict[str, object] = dict(name) if isinstance(name, Mapping) else dict.fromkeys(name)
    stray = sorted(set(settings or {}) - set(found))
    if stray:
        hint = f"Settings of several steps are by step: {{{next(iter(found), 'missing')!r}: {{...}}}}"
        raise PipelineError(f"sft.step: settings for '{stray[0]}', which is no step of this call.", hint)
    return {one: (settings or {}).get(one, given) for one, given in found.items()}


def _verdicts(given: Sequence[Mapping[str, object]], source: RecordSource, task: Task) -> list[Verdict]:
    maker = RecordMaker(_SOURCE, source, task, "sft.step", False)
    part = Part(_SOURCE, (Row(n, dict(row)) for n, row in enumerate(given)))
    return list(to_verdicts(maker, [part], "sft.step"))


def _run(
    chosen: Mapping[str, Entry[Settings, CleanStep]],
    settings: Mapping[str, object],
    verdicts: Sequence[Verdict],
    given: Sequence[Mapping[str, object]],
    rows: Rows,
    source: RecordSource,
    context: Context,
) -> Result[Rows]:
    """The steps one after the other, and what they made of the rows in the rows' own form."""
    dropped: dict[int, dict[str, object]] = {}
    for verdict in verdicts:
        if verdict.drop is not None:
            told: dict[str, object] = {
                "step": verdict.step,
                "reason": verdict.drop.reason,
                "detail": verdict.drop.detail,
                "other_row": None,
            }
            dropped[verdict.record.source.row] = told
    table = to_table((v.record for v in verdicts if v.drop is None), schema(context.task))
    row_of = {v.record.id: v.record.source.row for v in verdicts}
    notes: dict[str, Mapping[str, object]] = {}
    for name, entry in chosen.items():
        own = parse(settings.get(name) or {}, entry.settings, f"sft.step: {name}")
        outcome = entry.function(table, own, context)
        table, notes[name] = outcome.kept, outcome.notes
        dropped |= _dropped(outcome.dropped, row_of)
    kept = list(to_records(table))
    out = [{**given[n], **told} for n, told in sorted(dropped.items())]
    review = [(row_of[item.record_id], item) for item in context.review_items]
    return Result(
        like([_row(record, given, source) for record in kept], rows),
        like(out, rows),
        [edit for record in kept for edit in _edits(record, source)],
        review,
        notes,
    )


def _dropped(table: pa.Table, row_of: Mapping[str, int]) -> dict[int, dict[str, object]]:
    columns = ["id", "step", "reason", "detail", "other_id"]
    found = {}
    for row in table.select(columns).to_pylist():
        told = {name: row[name] for name in ("step", "reason", "detail")}
        found[row_of[row["id"]]] = {**told, "other_row": row_of.get(row["other_id"])}
    return found


def _row(record: Record, given: Sequence[Mapping[str, object]], source: RecordSource) -> dict[str, object]:
    """The row as it came, with what the steps changed or set."""
    row = dict(given[record.source.row])
    for change in record.history:
        kind, _, field = change.field.partition(".")
        if kind == "fields":
            row[source.fields.get(field, field)] = record.fields[field]
        elif kind == "target" and source.target:
            row[source.target] = record.target
    return row | {name: getattr(record, name) for name in _SET if getattr(record, name) is not None}


def _edits(record: Record, source: RecordSource) -> list[Edit]:
    found = []
    for change in record.history:
        kind, _, field = change.field.partition(".")
        column = source.fields.get(field, field) if kind == "fields" else source.target if kind == "target" else kind
        found.append(Edit(record.source.row, str(column), change.before, change.after, change.step))
    return found
