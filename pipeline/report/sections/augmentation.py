"""What augmentation made, what its gate refused, and whether it was worth it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pyarrow.compute as pc

from pipeline.core.record import Record
from pipeline.report.blocks import Block, details, from_notes, missing, note, table
from pipeline.report.edits import edit
from pipeline.report.inputs import Inputs
from pipeline.runtime.store import to_records


def augmentation(inputs: Inputs) -> list[Block]:
    """Accepted and refused children per method, why, and examples of both."""
    report = inputs.report("augment")
    if not report:
        return [missing("augment")]
    if not report.get("added"):
        return [note("augmentation_none"), *from_notes(report.get("notes", {}))]
    accepted = _children(inputs, "augment/records.parquet")
    refused = _children(inputs, "augment/dropped.parquet")
    made: dict[str, Counter[str]] = defaultdict(Counter)
    for state, children in (("accepted", accepted), ("refused", refused)):
        for child, _ in children:
            made[_method(child)][state] += 1
    rows: list[list[Any]] = [
        [name, c["accepted"] + c["refused"], c["accepted"], c["refused"], c["accepted"] / c.total()]
        for name, c in made.items()
    ]
    rows.sort(key=lambda row: (-row[1], row[0]))
    columns = {"method": "code", "made": "num", "accepted": "num", "refused": "num", "accepted_share": "pct"}
    blocks = [table("methods", columns, rows)]
    notes = report.get("notes", {})
    worth = from_notes({key: one for key, one in notes.items() if key == "worth"})
    rest = from_notes({key: one for key, one in notes.items() if key != "worth"})
    folded = [details("stage_notes", rest)] if rest else []
    return [*blocks, *worth, _examples(inputs, accepted, refused), *folded]


def _children(inputs: Inputs, name: str) -> list[tuple[Record, dict[str, Any]]]:
    found = inputs.table(name, where=pc.field("parent_id").is_valid())
    if found is None:
        return []
    names = [column for column in ("reason", "detail") if column in found.column_names]
    more = found.select(names).to_pylist() if names else [{}] * found.num_rows
    return list(zip(to_records(found), more, strict=True))


def _method(child: Record) -> str:
    return next((change.step for change in child.history if change.field == "child_of"), "?")


def _examples(inputs: Inputs, *groups: list[tuple[Record, dict[str, Any]]]) -> Block:
    chosen: list[tuple[Record, dict[str, Any]]] = []
    taken: Counter[tuple[str, str]] = Counter()
    for child, more in sorted((pair for group in groups for pair in group), key=lambda pair: pair[0].id):
        kind = (_method(child), more.get("reason", ""))
        taken[kind] += 1
        if taken[kind] <= inputs.params.max_examples:
            chosen.append((child, more))
    parents = inputs.records_by_id(child.parent_id for child, _ in chosen if child.parent_id)
    rows = []
    for child, more in sorted(chosen, key=lambda pair: (_method(pair[0]), pair[1].get("reason", ""), pair[0].id)):
        parent = parents.get(child.parent_id or "")
        before = inputs.kind.main_text(parent) if parent else ""
        pieces = edit(before, inputs.kind.main_text(child), inputs.params.max_characters)
        state = "refused" if more else "accepted"
        rows.append(
            [
                _method(child),
                state,
                pieces,
                more.get("reason"),
                inputs.cut(more.get("detail", "")),
                child.id,
                child.parent_id,
            ]
        )
    columns = {
        "method": "code",
        "state": "code",
        "edit": "diff",
        "reason": "code",
        "why": "text",
        "id": "id",
        "parent": "id",
    }
    return table("children", columns, rows[: inputs.params.max_rows], sum(len(group) for group in groups))
