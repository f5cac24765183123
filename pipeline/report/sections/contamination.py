"""Benchmark items in the data: what was found, how far the search can be trusted; and groups that were too large."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from pipeline.core.report_types import Figure
from pipeline.report.blocks import Block, missing, note, table
from pipeline.report.figures import percent
from pipeline.report.inputs import Inputs

_RECALL = {"planted_as": "code", "planted": "num", "recall": "interval", "wanted": "code"}
_FOUND = {"benchmark": "label", "items": "num", "found": "num"}
_EVIDENCE = {"id": "id", "item": "text", "share": "pct", "passage": "text"}
_GROUPS = {"step": "code", "source": "label", "records": "num", "share": "pct", "joined_at": "float", "largest": "num"}


def contamination(inputs: Inputs) -> list[Block]:
    """Items found by benchmark, recall by kind of planted copy, evidence; a note where nobody looked, and why."""
    steps: dict[str, Any] = {step["step"]: step.get("notes", {}) for step in inputs.steps("clean")}
    if not steps:
        return [missing("clean")]
    notes = steps.get("decontaminate")
    groups = _large_groups(inputs, steps)
    if notes is None:
        return [note("contamination_not_listed"), *groups]
    if not notes.get("applies"):
        return [note("contamination_no_benchmark"), *groups]
    return [*_search(inputs, notes), *groups]


class _Recall(Figure):
    planted: int


class _Evidence(TypedDict):
    record: str
    item: str
    share: float
    passage: str


class _Search(TypedDict):
    """What the step `decontaminate` notes; `recall` is of planted copies by kind, `items` and `found` by benchmark."""

    found: Mapping[str, int]
    items: Mapping[str, int]
    recall: Mapping[str, _Recall]
    recall_missed: NotRequired[Sequence[str]]
    false_alarms_per_1000: Figure
    in_test_sources: int
    examples: Sequence[_Evidence]


def _search(inputs: Inputs, notes: _Search) -> list[Block]:
    found, missed = notes["found"], notes.get("recall_missed", [])
    alarms = notes["false_alarms_per_1000"]
    figures = {"records": sum(found.values()), "test": notes["in_test_sources"], "alarms": alarms["value"]}
    head = note("contamination_found" if found else "contamination_none", "warn" if found else "good", **figures)
    recall = [
        [
            kind,
            one["planted"],
            {"value": one["value"], "low": one["low"], "high": one["high"]},
            _reached(kind not in missed),
        ]
        for kind, one in notes["recall"].items()
    ]
    by_benchmark = [[name, items, found.get(name, 0)] for name, items in sorted(notes["items"].items())]
    tables = [table("contamination_recall", _RECALL, recall), table("contamination_items", _FOUND, by_benchmark)]
    blocks = [head, *_missed(notes), *tables]
    evidence = [[one["record"], one["item"], one["share"], one["passage"]] for one in notes["examples"]]
    if evidence:
        shown = evidence[: inputs.params.max_rows]
        blocks.append(table("contamination_evidence", _EVIDENCE, shown, sum(found.values())))
    return blocks


def _missed(notes: _Search) -> Iterator[Block]:
    """Says for each kind of copy that is found too rarely that copies of it may stay."""
    for kind in notes.get("recall_missed", []):
        one = notes["recall"][kind]
        yield note("contamination_missed", "warn", kind=kind, share=percent(one["value"]), planted=one["planted"])


def _figure(one: Figure) -> Figure:
    return {"value": one["value"], "low": one["low"], "high": one["high"]}


def _reached(is_reached: bool) -> str:
    return "recall_reached" if is_reached else "recall_missed"


class _Group(TypedDict):
    source: str
    records: int
    share: float
    similarity: float
    largest_part: int
    text: str


class _Groups(TypedDict, total=False):
    large_groups: Sequence[_Group]


def _large_groups(inputs: Inputs, steps: Mapping[str, _Groups]) -> list[Block]:
    """Groups that held too much of a source, and at which similarity each was divided."""
    rows = [
        [name, one["source"], one["records"], one["share"], one["similarity"], one["largest_part"], one["text"]]
        for name, notes in steps.items()
        for one in notes.get("large_groups", [])
    ]
    if not rows:
        return []
    shown = rows[: inputs.params.max_rows]
    return [
        note("large_groups", "warn", n=len(rows)),
        table("large_groups", {**_GROUPS, "text": "text"}, shown, len(rows)),
    ]
