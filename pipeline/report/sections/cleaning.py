"""What was dropped, what was changed, what was a copy of what."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.record import Record
from pipeline.core.report_types import StepReport
from pipeline.report.blocks import (
    Block,
    Spreads,
    decided,
    facts,
    from_notes,
    histograms,
    listed,
    missing,
    note,
    stage_notes,
    table,
)
from pipeline.report.edits import changed_texts, edit
from pipeline.report.inputs import FLOW, Inputs, sample
from pipeline.runtime.store import to_records

#: Steps whose drops stand whatever people say (pipeline/clean/review_decisions.py), and that of people's own drops.
FINAL = ("missing", "annotations", "conversations", "decontaminate", "splits", "decisions")
#: Columns of the examples of dropped records.
_EXAMPLE = {
    "reason": "code",
    "text": "text",
    "why": "said",
    "stage": "code",
    "step": "code",
    "source": "text",
    "row": "num",
    "id": "id",
    "other_id": "id",
}


def drops(inputs: Inputs) -> list[Block]:
    """Counts by stage, step and reason; then example records with the evidence."""
    if not any(inputs.report(stage) for stage in FLOW):
        return [missing("collect")]
    rows = _reasons(inputs)
    if not rows:
        return [note("drops_none", "good")]
    kinds = {"stage": "code", "step": "code", "reason": "code", "records": "num", "share_of_step": "pct"}
    rows.sort(key=lambda row: (-row.records, row.stage, row.step, row.reason))
    examples = [row for stage in FLOW for row in _dropped(inputs, stage)]
    total = sum(inputs.report(stage).get("dropped", 0) for stage in FLOW)
    shown = listed(table("drop_examples", _EXAMPLE, examples[: inputs.params.max_rows], total), "dropped")
    shown = rescued(shown, {"stage": "clean"})
    filters = histograms({step["step"]: _spreads(step) for step in inputs.steps("clean")})
    return [table("drops", kinds, rows), *filters, *_reviewed(inputs), shown]


def _spreads(step: StepReport) -> Spreads:
    return {"histograms": step.get("notes", {}).get("histograms")}


def _reviewed(inputs: Inputs) -> list[Block]:
    """What reviewers decided on rows: how many were dropped and kept, and where they contradict each other."""
    steps = inputs.steps("clean")
    notes = next((step["notes"] for step in steps if step["step"] == "decisions"), None)
    if notes is None:
        return []
    figures = facts(
        ("dropped_by_reviewers", notes["dropped"], "num"),
        ("kept_by_reviewers", _summed(steps, "kept_by_reviewers"), "num"),
        ("not_kept_for_reviewers", _summed(steps, "not_kept_for_reviewers"), "num"),
        ("unknown_records", notes["unknown_records"], "num"),
    )
    disputed = [[one["said"], one["record_id"]] for one in notes["disputed"]]
    return [figures, *([table("disputed", {"said": "text", "id": "id"}, disputed)] if disputed else [])]


def _summed(steps: Sequence[StepReport], key: str) -> int:
    return sum(int(step["notes"].get(key, 0)) for step in steps)


def rescued(block: Block, only: Mapping[str, str]) -> Block:
    """The table as a list in which a lead brings rows back, those that a person may: not texts that are empty."""
    names = [column["key"] for column in block["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in block["rows"]]
    asked = [
        {"record": str(row["id"])} if row.get("step") not in FINAL and only.items() <= row.items() else {}
        for row in rows
    ]
    return decided(block, {"choices": ["keep"], "labels": [], "list": block["name"]}, asked)


class _Reason(NamedTuple):
    stage: str
    step: str
    reason: str
    records: int
    share_of_step: float | None


def _reasons(inputs: Inputs) -> list[_Reason]:
    return [
        _Reason(stage, step["step"], reason, count, _share(count, step["in"] + step["added"]))
        for stage, step in _steps(inputs)
        for reason, count in step.get("reasons", {}).items()
    ]


def _steps(inputs: Inputs) -> Iterator[tuple[str, StepReport]]:
    return ((stage, step) for stage in FLOW for step in inputs.steps(stage))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _dropped(inputs: Inputs, stage: str) -> list[list[object]]:
    found = inputs.table(f"{stage}/dropped.parquet")
    if found is None:
        return []
    chosen = sample(found, ["step", "reason"], inputs.params.max_examples)
    more = chosen.select(["step", "reason", "detail", "other_id"]).to_pylist()
    records: Iterable[Record] = to_records(chosen)
    if stage == "collect":
        records = map(inputs.quarantined_record, records)
    return [
        [
            why["reason"],
            inputs.text(record),
            inputs.quarantined(why["detail"]) if stage == "collect" else inputs.cut(why["detail"]),
            stage,
            why["step"],
            record.source.name,
            record.source.row,
            record.id,
            why["other_id"],
        ]
        for record, why in zip(records, more, strict=True)
    ]


class _Edited(NamedTuple):
    stage: str
    step: str
    records: int
    share_of_step: float | None


def changes(inputs: Inputs) -> list[Block]:
    """How many records each step edited, with edits shown word by word."""
    edited = [
        _Edited(stage, step["step"], step["changed"], _share(step["changed"], step["in"]))
        for stage, step in _steps(inputs)
        if step.get("changed")
    ]
    if not inputs.report("clean"):
        return [missing("clean")]
    if not edited:
        return [note("changes_none", "info")]
    kinds = {"stage": "code", "step": "code", "records": "num", "share_of_step": "pct"}
    edited.sort(key=lambda row: (-row.records, row.stage, row.step))
    examples, total = _edits(inputs)
    columns = {"step": "code", "field": "code", "edit": "diff", "id": "id"}
    shown = table("change_examples", columns, examples, total)
    return [table("changes", kinds, edited), listed(shown, "edits")]


def _edits(inputs: Inputs) -> tuple[list[list[object]], int]:
    """Edits of texts of the final records, some of each step; how many there are, as the list beside the page has."""
    table_ = inputs.table("augment/records.parquet", ["id", "history"], pc.field("parent_id").is_null())
    if table_ is None:
        return [], 0
    history = table_.column("history").combine_chunks()
    owners = pc.list_parent_indices(history)
    flat = pc.list_flatten(history)
    if not len(flat):
        return [], 0
    parts = {name: pc.struct_field(flat, name) for name in ("step", "field", "before", "after")}
    every = pa.table({"id": table_.column("id").take(owners), **parts})
    is_edit = pc.and_(pc.starts_with(every.column("field"), "fields."), pc.not_equal(every.column("before"), "null"))
    every = every.filter(is_edit)
    limit = inputs.params.max_characters
    shown = [
        [
            one["step"],
            one["field"].removeprefix("fields."),
            edit(*changed_texts(one["before"], one["after"]), limit),
            one["id"],
        ]
        for one in sample(every, ["step"], inputs.params.max_examples * 2).to_pylist()
    ]
    return shown[: inputs.params.max_rows], every.num_rows


def duplicates(inputs: Inputs) -> list[Block]:
    """Clusters of copies: the record that stayed, and those that went because of it."""
    found = inputs.table("clean/dropped.parquet", where=pc.field("other_id").is_valid())
    if found is None:
        return [missing("clean")]
    if not found.num_rows:
        return [note("duplicates_none", "good")]
    copies: dict[str, list[int]] = defaultdict(list)
    for row, kept in enumerate(found.column("other_id").to_pylist()):
        copies[kept].append(row)
    largest = sorted(copies, key=lambda kept: (-len(copies[kept]), kept))[: min(inputs.params.max_rows, 100)]
    kept_records = inputs.records_by_id(largest)
    rows = []
    for kept in largest:
        text = inputs.text(kept_records.get(kept)) or "–"
        rows.append([len(copies[kept]) + 1, text, *_copy(inputs, found, copies[kept]), kept])
    kinds = {"size": "num", "kept_text": "text", "copy": "text", "reason": "code", "why": "said", "copy_id": "id"}
    clusters = table("clusters", {**kinds, "id": "id"}, rows, len(copies))
    asked = [{"record": str(row[-2])} for row in rows]
    shown = decided(clusters, {"choices": ["keep", "drop"], "labels": [], "list": "clusters"}, asked)
    return [listed(shown, "duplicates"), *stage_notes(_step_notes(inputs))]


def _copy(inputs: Inputs, dropped: pa.Table, rows: Sequence[int]) -> list[object]:
    """Text, reason, evidence and id of the copy with the smallest id."""
    chosen = dropped.slice(min(rows, key=lambda row: str(dropped.column("id")[row])), 1)
    (example,), (why,) = to_records(chosen), chosen.select(["reason", "detail"]).to_pylist()
    return [inputs.text(example), why["reason"], inputs.cut(why["detail"]), example.id]


def _step_notes(inputs: Inputs) -> list[Block]:
    notes = {step["step"]: step["notes"] for step in inputs.steps("clean") if step.get("notes")}
    return [block for name in sorted(notes) for block in from_notes(_flat(notes[name], name))]


def _flat(notes: Mapping[str, object], step: str) -> dict[str, object]:
    """A step's notes with the step's name before each key."""
    return {f"{step}: {key}": json.loads(json.dumps(value)) for key, value in notes.items()}
