"""What augmentation made, what its gate refused, and whether it helped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pyarrow.compute as pc

from pipeline.core.counts import ranked
from pipeline.core.record import Record
from pipeline.core.report_types import Figure
from pipeline.report.blocks import (
    Block,
    Spreads,
    facts,
    from_notes,
    histograms,
    listed,
    missing,
    note,
    stage_notes,
    table,
)
from pipeline.report.edits import edit
from pipeline.report.inputs import Inputs
from pipeline.runtime.store import to_records

#: An augmented example, and why it was refused; nothing of an accepted one.
Child = tuple[Record, "Refusal"]


class Refusal(TypedDict, total=False):
    """Why the gate refused an example."""

    reason: str
    detail: str


class _Ablation(TypedDict, total=False):
    """What trials of each method said (augment/ablation/); keys that end in `_none` are scores without any."""

    gain: Mapping[str, Figure]
    gain_over_copies: Mapping[str, Figure]
    kept_shares: Mapping[str, float]
    evaluated_on: str
    held_out_rows: int
    seeds: int
    not_measured: str


def augmentation(inputs: Inputs) -> list[Block]:
    """Accepted and refused examples per method, why, and examples of both."""
    report = inputs.report("augment")
    if not report:
        return [missing("augment")]
    if not report.get("added"):
        return [note("augmentation_none"), *from_notes(report.get("notes", {}))]
    accepted = _children(inputs, "augment/records.parquet")
    refused = _children(inputs, "augment/dropped.parquet")
    notes: Mapping[str, Any] = report.get("notes", {})
    found: _Ablation = notes.get("ablation") or _Ablation()
    ablation = _ablation(found)
    rest = from_notes({key: one for key, one in notes.items() if key != "ablation"})
    gate: Spreads = notes.get("gate") or Spreads()
    spread = histograms({"gate": gate})
    shown = [_methods(accepted, refused), *spread, *ablation, _examples(inputs, accepted, refused)]
    return [*shown, *stage_notes(rest)]


def _gains(found: _Ablation) -> list[list[object]]:
    """A row a method, with its gain over none and over plain copies."""
    over_copies, kept = found.get("gain_over_copies", {}), found.get("kept_shares", {})
    names = {name if share == 1 else f"{share:g} of {name}" for name, share in kept.items()}
    return [
        [name, gain, over_copies.get(name), "stays" if name in names else "did_not_help"]
        for name, gain in found.get("gain", {}).items()
    ]


def _ablation(found: _Ablation) -> list[Block]:
    """Whether each method, or a part of its examples, helped: against none of them, and against plain copies."""
    rows = _gains(found)
    columns = {"method": "said", "gain": "interval", "gain_over_copies": "interval", "outcome": "code"}
    score = next(((key, one) for key, one in found.items() if key.endswith("_none")), None)
    told = facts(
        ("evaluated_on", found.get("evaluated_on"), "said"),
        ("held_out_rows", found.get("held_out_rows"), "num"),
        ("seeds", found.get("seeds"), "num"),
        ("score_without", score[1] if score else None, "float"),
        ("not_measured_why", found.get("not_measured"), "said"),
    )
    shown = [table("ablation", columns, rows)] if rows else []
    return [*shown, *([told] if told["items"] else [])]


def _methods(accepted: Sequence[Child], refused: Sequence[Child]) -> Block:
    """One row a method, the busiest first."""
    taken, gone = (Counter(_method(child) for child, _ in children) for children in (accepted, refused))
    made = taken + gone
    rows = [[name, count, taken[name], gone[name], taken[name] / count] for name, count in ranked(made)]
    columns = {"method": "code", "made": "num", "accepted": "num", "refused": "num", "accepted_share": "pct"}
    return table("methods", columns, rows)


def _children(inputs: Inputs, name: str) -> list[Child]:
    found = inputs.table(name, where=pc.field("parent_id").is_valid())
    if found is None:
        return []
    names = [column for column in ("reason", "detail") if column in found.column_names]
    more: list[Any] = found.select(names).to_pylist() if names else [Refusal()] * found.num_rows
    return list(zip(to_records(found), more, strict=True))


def _method(child: Record) -> str:
    step = next((change.step for change in child.history if change.field == "child_of"), "?")
    return step.removeprefix("augment.")


def _examples(inputs: Inputs, *groups: Sequence[Child]) -> Block:
    chosen = _chosen([pair for group in groups for pair in group], inputs.params.max_examples)
    parents = inputs.records_by_id(child.parent_id for child, _ in chosen if child.parent_id)
    rows = [_example(inputs, child, parents.get(child.parent_id or ""), more) for child, more in chosen]
    columns = {
        "method": "code",
        "state": "code",
        "edit": "diff",
        "reason": "code",
        "why": "said",
        "id": "id",
        "parent": "id",
    }
    return listed(table("augmented", columns, rows[: inputs.params.max_rows], sum(map(len, groups))), "augmented")


def _chosen(pairs: Sequence[Child], each: int) -> list[Child]:
    """At most `each` of every method and reason: those with the smallest ids."""
    kinds: dict[tuple[str, str], list[Child]] = defaultdict(list)
    for child, more in sorted(pairs, key=lambda pair: pair[0].id):
        kinds[_method(child), more.get("reason", "")].append((child, more))
    return [pair for kind in sorted(kinds) for pair in kinds[kind][:each]]


def _example(inputs: Inputs, child: Record, parent: Record | None, more: Refusal) -> list[object]:
    before = inputs.kind.main_text(parent) if parent else ""
    pieces = edit(before, inputs.kind.main_text(child), inputs.params.max_characters)
    why = [more.get("reason"), inputs.cut(more.get("detail", ""))]
    return [_method(child), "refused" if more else "accepted", pieces, *why, child.id, child.parent_id]
