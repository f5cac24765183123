"""What became of likely label errors: every change with before and after, and how often people confirmed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.counts import ranked
from pipeline.core.record import as_json
from pipeline.report.blocks import Block, listed, table
from pipeline.report.figures import plain_label
from pipeline.report.inputs import Inputs, sample
from pipeline.stats.intervals import share_of


def label_changes(inputs: Inputs) -> list[Block]:
    """Changes of the target by step, from what to what, and examples; the old label is how a change is undone."""
    every = _target_changes(inputs)
    if every is None or not every.num_rows:
        return []
    keys = ("step", "before", "after")
    counts = Counter(zip(*(every.column(name).to_pylist() for name in keys), strict=True))
    rows = [
        [step, inputs.cut(plain_label(before)), inputs.cut(plain_label(after)), n]
        for (step, before, after), n in ranked(counts)
    ]
    chosen = sample(every, ["step"], inputs.params.max_examples * 4).to_pylist()
    records = inputs.records_by_id(one["id"] for one in chosen)
    examples = []
    for one in chosen:
        labels = [inputs.cut(plain_label(one[key])) for key in ("before", "after")]
        examples.append([one["step"], inputs.text(records.get(one["id"])), *labels, one["id"]])
    kinds = {"step": "code", "before": "label", "after": "label"}
    return [
        table("label_changes", {**kinds, "records": "num"}, rows[:50], len(rows)),
        listed(
            table(
                "label_change_examples",
                {"step": "code", "text": "text", "before": "label", "after": "label", "id": "id"},
                examples[: inputs.params.max_rows],
                every.num_rows,
            ),
            "relabelled",
        ),
    ]


def _target_changes(inputs: Inputs) -> pa.Table | None:
    """One row a change of a known target: id, step, before, after; None where there are no histories."""
    found = inputs.table("label/records.parquet", ["id", "history"])
    if found is None:
        return None
    history = found.column("history").combine_chunks()
    flat, owners = pc.list_flatten(history), pc.list_parent_indices(history)
    if not len(flat):
        return None
    parts = {name: pc.struct_field(flat, name) for name in ("step", "field", "before", "after")}
    every = pa.table({"id": found.column("id").take(owners), **parts})
    is_target = pc.equal(every.column("field"), "target")
    return every.filter(pc.and_(is_target, pc.not_equal(every.column("before"), "null")))


def audit(inputs: Inputs) -> list[Block]:
    """Of the likely label errors that people have looked at: how many were wrong, how often the suggestion was right.

    With intervals (Wilson): the precision of what is suspected, as far as people went.
    """
    queue = inputs.table("clean/review.parquet", ["record_id", "reason", "given", "suggested"])
    by_people = pc.starts_with(pc.field("labels_by", "who"), "human:")
    answered = inputs.table("label/records.parquet", ["id", "target"], by_people)
    if queue is None or answered is None or not answered.num_rows:
        return []
    answers = {row["id"]: as_json(row["target"]) for row in answered.to_pylist()}
    looked_at, wrong, suggestion = _against(answers, queue)
    rows = [[reason, n, share_of(wrong[reason], n), share_of(suggestion[reason], n)] for reason, n in ranked(looked_at)]
    columns = {"reason": "code", "looked_at": "num", "was_wrong": "interval", "suggestion_right": "interval"}
    return [table("audit", columns, rows)] if rows else []


def _against(answers: Mapping[str, str], queue: pa.Table) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By reason: likely errors that people have looked at, those that were wrong, those whose suggestion was right."""
    looked_at, wrong, suggestion = Counter[str](), Counter[str](), Counter[str]()
    for row in queue.to_pylist():
        if row["record_id"] in answers:
            reason, answer = row["reason"], answers[row["record_id"]]
            looked_at[reason] += 1
            wrong[reason] += answer != row["given"]
            suggestion[reason] += answer == row["suggested"]
    return looked_at, wrong, suggestion
