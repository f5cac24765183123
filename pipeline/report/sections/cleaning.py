"""What was dropped, what was changed, what was a copy of what."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.report.blocks import Block, details, from_notes, missing, note, table
from pipeline.report.edits import changed_texts, edit
from pipeline.report.inputs import FLOW, Inputs, sample
from pipeline.runtime.store import to_records


def drops(inputs: Inputs) -> list[Block]:
    """Counts by stage, step and reason; then example records with the evidence."""
    if not any(inputs.report(stage) for stage in FLOW):
        return [missing("collect")]
    rows = [
        [
            stage,
            step["step"],
            reason,
            count,
            count / (step["in"] + step["added"]) if step["in"] + step["added"] else None,
        ]
        for stage in FLOW
        for step in inputs.report(stage).get("steps", [])
        for reason, count in step.get("reasons", {}).items()
    ]
    if not rows:
        return [note("drops_none", "good")]
    kinds = {"stage": "code", "step": "code", "reason": "code", "records": "num", "share_of_step": "pct"}
    rows.sort(key=lambda row: (-row[3], *row[:3]))
    examples = [row for stage in FLOW for row in _dropped(inputs, stage)]
    total = sum(inputs.report(stage).get("dropped", 0) for stage in FLOW)
    columns = {
        "reason": "code",
        "text": "text",
        "why": "text",
        "stage": "code",
        "step": "code",
        "source": "text",
        "row": "num",
        "id": "id",
        "other_id": "id",
    }
    return [table("drops", kinds, rows), table("drop_examples", columns, examples[: inputs.params.max_rows], total)]


def _dropped(inputs: Inputs, stage: str) -> list[list[Any]]:
    found = inputs.table(f"{stage}/dropped.parquet")
    if found is None:
        return []
    chosen = sample(found, ["step", "reason"], inputs.params.max_examples)
    more = chosen.select(["step", "reason", "detail", "other_id"]).to_pylist()
    return [
        [
            why["reason"],
            inputs.text(record),
            inputs.cut(why["detail"]),
            stage,
            why["step"],
            record.source.name,
            record.source.row,
            record.id,
            why["other_id"],
        ]
        for record, why in zip(to_records(chosen), more, strict=True)
    ]


def changes(inputs: Inputs) -> list[Block]:
    """How many records each step edited, with edits shown word by word."""
    edited = [
        [stage, step["step"], step["changed"], step["changed"] / step["in"] if step["in"] else None]
        for stage in FLOW
        for step in inputs.report(stage).get("steps", [])
        if step.get("changed")
    ]
    if not inputs.report("clean"):
        return [missing("clean")]
    if not edited:
        return [note("changes_none", "info")]
    kinds = {"stage": "code", "step": "code", "records": "num", "share_of_step": "pct"}
    edited.sort(key=lambda row: (-row[2], *row[:2]))
    examples = _edits(inputs)
    columns = {"step": "code", "field": "code", "edit": "diff", "id": "id"}
    return [table("changes", kinds, edited), table("change_examples", columns, examples, sum(row[2] for row in edited))]


def _edits(inputs: Inputs) -> list[list[Any]]:
    table_ = inputs.table("augment/records.parquet", ["id", "history"], pc.field("parent_id").is_null())
    if table_ is None:
        return []
    history = table_.column("history").combine_chunks()
    owners = pc.list_parent_indices(history)
    flat = pc.list_flatten(history)
    if not len(flat):
        return []
    parts = {name: pc.struct_field(flat, name) for name in ("step", "field", "before", "after")}
    every = pa.table({"id": table_.column("id").take(owners), **parts})
    every = every.filter(pc.starts_with(every.column("field"), "fields."))
    limit = inputs.params.max_characters
    return [
        [
            one["step"],
            one["field"].removeprefix("fields."),
            edit(*changed_texts(one["before"], one["after"]), limit),
            one["id"],
        ]
        for one in sample(every, ["step"], inputs.params.max_examples * 2).to_pylist()
    ][: inputs.params.max_rows]


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
    chosen = [min(copies[kept], key=lambda row: str(found.column("id")[row])) for kept in largest]
    examples = list(to_records(found.take(pa.array(chosen, pa.int64()))))
    rows = []
    for kept, row, example in zip(largest, chosen, examples, strict=True):
        why = {name: found.column(name)[row].as_py() for name in ("reason", "detail")}
        text = inputs.text(kept_records.get(kept)) or "–"
        rows.append([len(copies[kept]) + 1, text, inputs.text(example), why["reason"], inputs.cut(why["detail"]), kept])
    kinds = {"size": "num", "kept_text": "text", "copy": "text", "reason": "code", "why": "text", "id": "id"}
    notes = {step["step"]: step["notes"] for step in inputs.report("clean").get("steps", []) if step.get("notes")}
    more = [block for name in sorted(notes) for block in from_notes(_flat(notes[name], name))]
    return [table("clusters", kinds, rows, len(copies)), *([details("stage_notes", more)] if more else [])]


def _flat(notes: dict[str, Any], step: str) -> dict[str, Any]:
    """A step's notes with the step's name before each key."""
    return {f"{step}: {key}": json.loads(json.dumps(value)) for key, value in notes.items()}
