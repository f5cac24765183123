"""What became of doubted labels: every change with before and after, and how often people confirmed the doubt."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.counts import ranked
from pipeline.core.record import as_json
from pipeline.report.blocks import Block, table
from pipeline.report.figures import plain_label
from pipeline.report.inputs import Inputs, sample
from pipeline.stats.intervals import share_of


def label_changes(inputs: Inputs) -> list[Block]:
    """Changes of the target by step, from what to what, and examples; the old label is how a change is undone."""
    found = inputs.table("label/records.parquet", ["id", "history"])
    if found is None:
        return []
    history = found.column("history").combine_chunks()
    flat, owners = pc.list_flatten(history), pc.list_parent_indices(history)
    if not len(flat):
        return []
    every = pa.table(
        {"id": found.column("id").take(owners)}
        | {name: pc.struct_field(flat, name) for name in ("step", "field", "before", "after")}
    )
    every = every.filter(
        pc.and_(pc.equal(every.column("field"), "target"), pc.not_equal(every.column("before"), "null"))
    )
    if not every.num_rows:
        return []
    keys = ("step", "before", "after")
    counts = Counter(zip(*(every.column(name).to_pylist() for name in keys), strict=True))
    rows = [
        [step, inputs.cut(plain_label(before)), inputs.cut(plain_label(after)), n]
        for (step, before, after), n in ranked(counts)
    ]
    chosen = sample(every, ["step"], inputs.params.max_examples * 4).to_pylist()
    records = inputs.records_by_id(one["id"] for one in chosen)
    examples = [
        [
            one["step"],
            inputs.text(records.get(one["id"])),
            *(inputs.cut(plain_label(one[k])) for k in keys[1:]),
            one["id"],
        ]
        for one in chosen
    ]
    kinds = {"step": "code", "before": "label", "after": "label"}
    return [
        table("label_changes", {**kinds, "records": "num"}, rows[:50], len(rows)),
        table(
            "label_change_examples",
            {"step": "code", "text": "text", "before": "label", "after": "label", "id": "id"},
            examples[: inputs.params.max_rows],
            every.num_rows,
        ),
    ]


def audit(inputs: Inputs) -> list[Block]:
    """Of the doubted labels that people have looked at: how many were wrong, how often the suggestion was right.

    With intervals (Wilson): the precision of our own doubts, as far as people went.
    """
    queue = inputs.table("clean/review.parquet", ["record_id", "reason", "given", "suggested"])
    by_people = pc.starts_with(pc.field("labels_by", "who"), "human:")
    answered = inputs.table("label/records.parquet", ["id", "target"], by_people)
    if queue is None or answered is None or not answered.num_rows:
        return []
    said = {row["id"]: as_json(row["target"]) for row in answered.to_pylist()}
    counts: dict[str, Counter[str]] = {}
    for row in queue.to_pylist():
        if row["record_id"] in said:
            one, answer = counts.setdefault(row["reason"], Counter()), said[row["record_id"]]
            one.update(looked_at=1, wrong=answer != row["given"], suggestion=answer == row["suggested"])
    rows: list[list[Any]] = [
        [reason, one["looked_at"], *(share_of(one[name], one["looked_at"]) for name in ("wrong", "suggestion"))]
        for reason, one in sorted(counts.items(), key=lambda item: (-item[1]["looked_at"], item[0]))
    ]
    columns = {"reason": "code", "looked_at": "num", "was_wrong": "interval", "suggestion_right": "interval"}
    return [table("audit", columns, rows)] if rows else []
