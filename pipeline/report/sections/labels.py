"""Doubtful labels, who decided each label, and how far pre-labels can be trusted."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from pipeline.report.blocks import Block, from_notes, missing, note, reliability, table
from pipeline.report.figures import review_counts
from pipeline.report.inputs import Inputs

_CURVES = ("reliability", "bins", "curve")


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
        [inputs.text(records.get(row["record_id"])), _label(row["given"]), _label(row["suggested"]), row["confidence"],
         row["reason"], inputs.cut(row["detail"] or ""), row["record_id"]]
        for row in shown
    ]  # fmt: skip
    kinds = {"text": "text", "given": "label", "suggested": "label", "confidence": "pct", "reason": "code", "why": "text", "id": "id"}
    by_reason = table("review_reasons", {"reason": "code", "records": "num"}, list(counts.items()))
    pairs = Counter((_label(row["given"]), _label(row["suggested"])) for row in found if row["suggested"] is not None)
    swaps = [[*pair, count] for pair, count in sorted(pairs.items(), key=lambda item: (-item[1], str(item[0])))]
    confused = table("label_swaps", {"given": "label", "suggested": "label", "records": "num"}, swaps[:50], len(swaps))
    return [by_reason, *([confused] if swaps else []), table("doubtful", kinds, rows, len(found))]


def _label(text: str | None) -> Any:
    value = None if text is None else json.loads(text)
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def decisions(inputs: Inputs) -> list[Block]:
    """Who decided the labels, and what the label stage noted on agreement and annotators."""
    report = inputs.report("label")
    if not report:
        return [missing("label")]
    deciders = report.get("kept_by", {}).get("labels_by", {})
    total = sum(deciders.values())
    rows = [[who, count, count / total] for who, count in deciders.items()]
    blocks = [table("deciders", {"decided_by": "text", "records": "num", "share": "pct"}, rows)] if rows else []
    notes = {key: value for key, value in _all_notes(report).items() if not _is_curve(value)}
    return blocks + from_notes(notes)


def prelabels(inputs: Inputs) -> list[Block]:
    """The pre-labeller's calibration, and what waits in the labelling queue."""
    if not inputs.report("label"):
        return [missing("label")]
    notes = _all_notes(inputs.report("label"))
    blocks: list[Block] = []
    for name, value in sorted(notes.items()):
        if _is_curve(value):
            curve = next(value[key] for key in _CURVES if value.get(key))
            rest = {key: one for key, one in value.items() if key not in _CURVES}
            blocks += [reliability(name, curve, value.get("ece")), *from_notes(rest)]
    queue = inputs.table("label/queue.parquet", ["reason", "confidence"])
    if queue is not None and queue.num_rows:
        counts = Counter(queue.column("reason").to_pylist())
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        blocks.append(table("queue", {"reason": "code", "records": "num"}, rows))
    return blocks or [note("prelabels_none")]


def _is_curve(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(value.get(key), list) and value[key] for key in _CURVES)


def _all_notes(report: Any) -> dict[str, Any]:
    found = dict(report.get("notes", {}))
    for step in report.get("steps", []):
        for key, value in step.get("notes", {}).items():
            found.setdefault(key if key not in found else f"{step['step']}: {key}", value)
    return found
