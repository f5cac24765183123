"""Doubtful labels, who decided each label, and how far pre-labels can be trusted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.report.blocks import Block, from_notes, missing, note, table
from pipeline.report.figures import plain_label, review_counts
from pipeline.report.inputs import Inputs

#: Notes of the label stage that are about its model; all others are about people and decisions.
_PRELABEL = ("prelabel", "prelabels", "calibration", "model", "queue")


def doubtful(inputs: Inputs) -> list[Block]:
    """The review queue: what is given, what is suggested, how sure; most sure first."""
    queue = inputs.table("clean/review.parquet")
    if queue is None:
        return [missing("clean")]
    if not queue.num_rows:
        return [note("doubtful_none", "good")]
    counts = review_counts(inputs)
    found = queue.to_pylist()
    found.sort(key=lambda row: (-(row["confidence"] or 0), row["reason"], row["record_id"]))
    shown = found[: inputs.params.max_rows]
    records = inputs.records_by_id(row["record_id"] for row in shown)
    rows = [
        [
            inputs.text(records.get(row["record_id"])),
            plain_label(row["given"]),
            plain_label(row["suggested"]),
            row["confidence"],
            row["reason"],
            inputs.cut(row["detail"] or ""),
            row["record_id"],
        ]
        for row in shown
    ]
    kinds = {
        "text": "text",
        "given": "label",
        "suggested": "label",
        "confidence": "pct",
        "reason": "code",
        "why": "text",
        "id": "id",
    }
    by_reason = table("review_reasons", {"reason": "code", "records": "num"}, list(counts.items()))
    pairs = Counter(
        (plain_label(row["given"]), plain_label(row["suggested"])) for row in found if row["suggested"] is not None
    )
    swaps = [[*pair, count] for pair, count in sorted(pairs.items(), key=lambda item: (-item[1], str(item[0])))]
    confused = table("label_swaps", {"given": "label", "suggested": "label", "records": "num"}, swaps[:50], len(swaps))
    return [by_reason, *([confused] if swaps else []), table("doubtful", kinds, rows, len(found))]


def decisions(inputs: Inputs) -> list[Block]:
    """Who decided the labels, and what the label stage noted on agreement and annotators."""
    report = inputs.report("label")
    if not report:
        return [missing("label")]
    deciders = report.get("kept_by", {}).get("labels_by", {})
    total = sum(deciders.values())
    rows = [[who, count, count / total] for who, count in deciders.items()]
    blocks = [table("deciders", {"decided_by": "text", "records": "num", "share": "pct"}, rows)] if rows else []
    return blocks + from_notes({key: one for key, one in _all_notes(report).items() if key not in _PRELABEL})


def prelabels(inputs: Inputs) -> list[Block]:
    """The pre-labeller's calibration, and what waits in the labelling queue."""
    if not inputs.report("label"):
        return [missing("label")]
    notes = _all_notes(inputs.report("label"))
    blocks = from_notes({key: one for key, one in notes.items() if key in _PRELABEL})
    queue = inputs.table("label/queue.parquet", ["reason", "confidence"])
    if queue is not None and queue.num_rows:
        counts = Counter(queue.column("reason").to_pylist())
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        blocks.append(table("queue", {"reason": "code", "records": "num"}, rows))
    return blocks or [note("prelabels_none")]


def _all_notes(report: Any) -> dict[str, Any]:
    found = dict(report.get("notes", {}))
    for step in report.get("steps", []):
        for key, value in step.get("notes", {}).items():
            found.setdefault(key if key not in found else f"{step['step']}: {key}", value)
    return found
