"""Whether the model serves the groups of people that params.yaml declares alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict

from pipeline.core.report_types import Figure
from pipeline.report.blocks import Block, note, table
from pipeline.report.inputs import Inputs


class _Group(TypedDict, total=False):
    """A group's score; none for a group that no text mentions."""

    group: Required[str]
    n: Required[int]
    value: float
    low: float
    high: float


class _Swapped(TypedDict, total=False):
    n: int
    changed: Figure


class _Compared(TypedDict, total=False):
    """One declared attribute, as the evaluation compared its groups."""

    attribute: Required[str]
    groups: Required[Sequence[_Group]]
    best: str
    worst: str
    gap: Figure
    p: float
    unequal: bool
    swapped: _Swapped


def fairness(inputs: Inputs) -> list[Block]:
    """The score of each declared group, the widest gap of each attribute, and answers that change with the group.

    A note says how to declare groups where the evaluation compared none.
    """
    found: list[_Compared] | None = inputs.report("evaluate").get("fairness")
    if found is None:
        return []
    if not found:
        return [note("fairness_none")]
    kinds = {"attribute": "text", "group": "text", "records": "num", "score": "interval"}
    groups = [
        [entry["attribute"], one["group"], one["n"], _interval(one)] for entry in found for one in entry["groups"]
    ]
    return [_gaps(found), table("fairness_groups", kinds, groups[: inputs.params.max_rows], len(groups))]


def _gaps(entries: list[_Compared]) -> Block:
    kinds = {
        "attribute": "text",
        "best_group": "text",
        "worst_group": "text",
        "difference": "interval",
        "p": "float",
        "unequal": "code",
        "swapped": "num",
        "answers_changed": "interval",
    }
    rows = []
    for entry in entries:
        swapped: _Swapped = entry.get("swapped", {})
        verdict = "too_small" if "gap" not in entry else "unequal" if entry["unequal"] else "no_gap"
        measured = [entry.get("best"), entry.get("worst"), entry.get("gap"), entry.get("p")]
        rows.append([entry["attribute"], *measured, verdict, swapped.get("n"), swapped.get("changed")])
    return table("fairness", kinds, rows)


def _interval(one: _Group) -> Figure | None:
    """None for a group that no text mentions: it has no score."""
    return {"value": one["value"], "low": one["low"], "high": one["high"]} if "value" in one else None
