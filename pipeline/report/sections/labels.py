"""Likely label errors, who decided each label, and how far pre-labels can be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from pipeline.core.counts import ranked
from pipeline.core.record import Record, content_id
from pipeline.report.blocks import (
    Block,
    Spreads,
    curves,
    decided,
    facts,
    from_notes,
    histograms,
    linked,
    listed,
    missing,
    note,
    stage_notes,
    table,
)
from pipeline.report.figures import choosable, fair_part, plain_label, review_counts
from pipeline.report.inputs import Inputs
from pipeline.report.sections.agreement import agreement
from pipeline.report.sections.judges import teachers
from pipeline.report.sections.label_changes import audit, label_changes
from pipeline.report.sections.noise import noise
from pipeline.report.sections.prelabel_bias import prelabel_bias

#: Notes of the label stage that are about its model; all others are about people and decisions.
_PRELABEL = ("prelabel", "prelabels", "calibration", "model", "queue")
#: Labels longer than this, as JSON, are decided in Label Studio. A guess: not measured.
_LONGEST = 2000
#: Notes that other sections draw.
_ELSEWHERE = ("audit", "prelabel_bias")


def label_errors(inputs: Inputs) -> list[Block]:
    """The review queue: what is given, what is suggested, how sure; labels first, most sure first.

    Every reason has its part of the rows shown, so that a link to one of them leads to rows.
    """
    queue = inputs.table("clean/review.parquet")
    if queue is None:
        return [missing("clean")]
    if not queue.num_rows:
        return [note("label_errors_none", "good"), *noise(inputs)]
    counts = review_counts(inputs)
    found: list[Any] = queue.to_pylist()
    found.sort(key=_most_likely_first)
    shown = sorted(fair_part(found, "reason", inputs.params.max_rows), key=_most_likely_first)
    records = inputs.records_by_id(row["record_id"] for row in shown)
    rows = [_error_row(inputs, row, records.get(row["record_id"])) for row in shown]
    links = [inputs.pushed.link(row["record_id"]) for row in shown]
    kinds = {
        "text": "text",
        "given": "label",
        "suggested": "label",
        "confidence": "pct",
        "reason": "code",
        "why": "said",
        "id": "id",
    }
    by_reason = table("review_reasons", {"reason": "code", "records": "num"}, list(counts.items()))
    queue_table = listed(linked(table("label_errors", kinds, rows, len(found)), links), "review")
    queue_table = decidable(inputs, queue_table, [_asked(inputs, row, records.get(row["record_id"])) for row in shown])
    swaps = _swaps(found) if choosable(inputs) else []  # spans and texts hardly ever repeat
    return [by_reason, *audit(inputs), *noise(inputs), *swaps, _about_links(links), queue_table]


class _Queued(TypedDict):
    """A row of the review queue; labels are JSON."""

    record_id: str
    given: str | None
    suggested: str | None
    confidence: float | None
    reason: str
    detail: str | None


def _most_likely_first(row: _Queued) -> tuple[bool, float, str, str]:
    """Rows with another label first, the most confident first."""
    return row["suggested"] is None, -(row["confidence"] or 0), row["reason"], row["record_id"]


def _error_row(inputs: Inputs, row: _Queued, record: Record | None) -> list[object]:
    labels = [plain_label(text, _whole(inputs, record)) for text in (row["given"], row["suggested"])]
    why = [row["confidence"], row["reason"], inputs.cut(row["detail"] or "")]
    return [inputs.text(record), *labels, *why, row["record_id"]]


def _asked(inputs: Inputs, row: _Queued, record: Record | None) -> dict[str, str]:
    """What a decision on a row of the review queue needs: the record, its text's id, both labels."""
    labels = {"given": row["given"], "suggested": row["suggested"]}
    found = {"record": str(row["record_id"])}
    found |= {name: text for name, text in labels.items() if text and len(text) <= _LONGEST}
    if record is not None and inputs.text(record) is not None:
        found["text"] = content_id(inputs.kind.main_text(record))
    return found


def decidable(inputs: Inputs, block: Block, rows: Sequence[Mapping[str, str]]) -> Block:
    """The table of likely label errors as a list to decide in: any label of the task may be chosen."""
    labels = choosable(inputs)
    choices = ["accept", *(["change"] if labels else []), "keep", "drop"]
    return decided(block, {"choices": choices, "labels": labels, "list": block["name"]}, rows)


def _swaps(queue: Sequence[_Queued]) -> list[Block]:
    """Which label is suggested in place of which, most frequent first."""
    suggested = (row for row in queue if row["suggested"] is not None)
    pairs = Counter((plain_label(row["given"]), plain_label(row["suggested"])) for row in suggested)
    rows = [[*pair, count] for pair, count in sorted(pairs.items(), key=lambda item: (-item[1], str(item[0])))]
    columns = {"given": "label", "suggested": "label", "records": "num"}
    return [table("label_swaps", columns, rows[:50], len(rows))] if rows else []


def _about_links(links: list[str | None]) -> Block:
    """How many of the rows shown have a task, and how the others get one."""
    there = len(links) - links.count(None)
    if there:
        return note("tasks_linked", n=there, shown=len(links))
    return note("tasks_none")


def _whole(inputs: Inputs, record: Record | None) -> str:
    """The uncut text that offsets point into; empty for a row without fields."""
    return "" if record is None or inputs.text(record) is None else inputs.kind.main_text(record)


def _agreements(inputs: Inputs, voices: Mapping[str, object]) -> list[Block]:
    blocks: list[Block] = []
    for voice, found in sorted(voices.items()):
        blocks += agreement(inputs, voice, found) if isinstance(found, Mapping) and found.get("items") else []
    return blocks


def decisions(inputs: Inputs) -> list[Block]:
    """Who decided the labels, and what the label stage noted on agreement and annotators."""
    report = inputs.report("label")
    if not report:
        return [missing("label")]
    deciders = report.get("kept_by", {}).get("labels_by", {})
    total = sum(deciders.values())
    rows = [[who, count, count / total] for who, count in deciders.items()]
    blocks = [table("deciders", {"decided_by": "who", "records": "num", "share": "pct"}, rows)] if rows else []
    notes = _all_notes(inputs)
    blocks += _agreements(inputs, notes.pop("agreement", None) or {})
    more = from_notes({key: one for key, one in notes.items() if key not in (*_PRELABEL, *_ELSEWHERE)})
    return [*blocks, *label_changes(inputs), *stage_notes(more)]


def _about_prelabels(notes: Mapping[str, object]) -> dict[str, object]:
    return {key: one for key, one in notes.items() if key in _PRELABEL and one}


def prelabels(inputs: Inputs) -> list[Block]:
    """The pre-labeller's calibration, and what waits in the labelling queue."""
    if not inputs.report("label"):
        return [missing("label")]
    notes = _all_notes(inputs)
    prelabel = dict(notes.get("prelabel") or {})
    saved = _curve(prelabel.pop("curve", None) or {})
    spreads: Spreads = {"histograms": prelabel.get("histograms")}
    shown = {**notes, "prelabel": prelabel, "queue": None}  # the queue itself is drawn below
    blocks = from_notes(_about_prelabels(shown)) + _queue(inputs)
    nothing = [] if blocks or saved else [note("prelabels_none")]
    return [*nothing, *histograms({"prelabel": spreads}), *blocks, *teachers(inputs), *prelabel_bias(inputs), *saved]


def _queue(inputs: Inputs) -> list[Block]:
    queue = inputs.table("label/queue.parquet", ["reason"])
    if queue is None or not queue.num_rows:
        return []
    rows = ranked(Counter(queue.column("reason").to_pylist()))
    return [listed(table("queue", {"reason": "code", "records": "num"}, rows), "queue")]


class _Simulated(TypedDict):
    """Accuracy after so many labels, chosen by us and drawn at random."""

    labels: int
    ours: float
    random: float


class _Needed(TypedDict):
    ours: int | None
    random: int | None


class _Curve(TypedDict, total=False):
    """What the label stage notes of its simulation; all else is there only where it `applies`."""

    applies: bool
    why: str
    points: Sequence[_Simulated]
    labels_needed: _Needed
    pool: int
    held_out: int
    accuracy_of_all: float


def _curve(found: _Curve) -> list[Block]:
    """How many labels people would have to give, simulated on the labels that are there; or why nobody can tell."""
    if not found.get("applies"):
        return [note("curve_none", why=str(found["why"]))] if found.get("why") else []
    series = {
        "ours": [(point["labels"], point["ours"]) for point in found["points"]],
        "random": [(point["labels"], point["random"]) for point in found["points"]],
    }
    needed = found["labels_needed"]
    figures = facts(
        ("labels_ours", needed["ours"], "num"),
        ("labels_random", needed["random"], "num"),
        ("labels_pool", found["pool"], "num"),
        ("labels_held_out", found["held_out"], "num"),
        ("accuracy_of_all", found["accuracy_of_all"], "pct"),
    )
    return [curves("active", series, found["accuracy_of_all"]), figures, note("curve_is", pool=found["pool"])]


def _all_notes(inputs: Inputs) -> dict[str, Any]:
    found = dict(inputs.report("label").get("notes", {}))
    for step in inputs.steps("label"):
        for key, value in step.get("notes", {}).items():
            found.setdefault(key if key not in found else f"{step['step']}: {key}", value)
    return found
