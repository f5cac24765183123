"""Whether the model serves the groups of people that params.yaml declares alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.blocks import Block, note, table
from pipeline.report.inputs import Inputs


def fairness(inputs: Inputs) -> list[Block]:
    """The score of each declared group, the widest gap of each attribute, and answers that change with the group.

    A note says how to declare groups where the evaluation compared none.
    """
    found = inputs.report("evaluate").get("fairness")
    if found is None:
        return []
    if not found:
        return [note("fairness_none")]
    kinds = {"attribute": "text", "group": "text", "records": "num", "score": "interval"}
    groups = [
        [entry["attribute"], one["group"], one["n"], _interval(one)] for entry in found for one in entry["groups"]
    ]
    return [_gaps(found), table("fairness_groups", kinds, groups[: inputs.params.max_rows], len(groups))]


def _gaps(entries: list[Mapping[str, Any]]) -> Block:
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
        swapped = entry.get("swapped", {})
        verdict = "too_small" if "gap" not in entry else "unequal" if entry["unequal"] else "no_gap"
        measured = [entry.get(key) for key in ("best", "worst", "gap", "p")]
        rows.append([entry["attribute"], *measured, verdict, swapped.get("n"), swapped.get("changed")])
    return table("fairness", kinds, rows)


def _interval(one: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """None for a group that no text mentions: it has no score."""
    return {key: one[key] for key in ("value", "low", "high")} if "value" in one else None
