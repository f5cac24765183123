"""Equal texts with different labels, and decisions that went against somebody."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple, TypedDict

import pyarrow.compute as pc

from pipeline.core.counts import ranked
from pipeline.core.record import Record, Target, as_json
from pipeline.report.blocks import Block, decided, listed, missing, note, table
from pipeline.report.figures import choosable, plain_label
from pipeline.report.inputs import Inputs
from pipeline.runtime.store import to_records


def conflicts(inputs: Inputs) -> list[Block]:
    """Texts that came with several labels, then how often one voice overruled another."""
    found = inputs.table("clean/dropped.parquet", where=pc.field("reason") == "conflicting_label")
    if found is None:
        return [missing("clean")]
    texts = _texts(inputs, list(to_records(found)))
    blocks: list[Block] = [] if texts else [note("conflicts_none", "good")]
    columns = {"text": "text", "labels_given": "text", "records": "num", "outcome": "code", "id": "id"}
    if texts:
        shown = texts[: inputs.params.max_rows]
        labels = choosable(inputs)
        offered = {"choices": ["change", "keep"] if labels else ["keep"], "labels": labels, "list": "conflicts"}
        asked = [{"record": row.id} for row in shown]
        blocks.append(listed(decided(table("conflicts", columns, shown, len(texts)), offered, asked), "conflicts"))
    merge = inputs.find("label", "merge") or {}
    overruled = ranked(merge.get("conflicts", {}))
    if overruled:
        blocks.append(table("overruled", {"who_over_whom": "code", "records": "num"}, [list(one) for one in overruled]))
    examples = merge.get("conflict_examples", [])
    return [*blocks, _examples(inputs, examples)] if examples else blocks


class _Text(NamedTuple):
    text: str | None
    labels: str  # given to it, with counts
    records: int
    outcome: str
    id: str


class _Overruled(TypedDict):
    """A record whose voices said different things: beside these keys, voice -> its label."""

    record_id: str
    split: str


def _texts(inputs: Inputs, gone: list[Record]) -> list[_Text]:
    """One row a text: labels with counts, and whether one label won (its record is kept) or all were dropped."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in gone:
        groups[" ".join(inputs.kind.main_text(record).casefold().split())].append(record)
    winners = _winners(inputs)
    rows = []
    for group in groups.values():
        won = [winners[record.id] for record in group if record.id in winners][:1]
        counts = Counter(str(plain_label(as_json(record.target))) for record in (*group, *won))
        said = ", ".join(f"{name} ×{n}" for name, n in ranked(counts))
        first = min(group, key=lambda record: record.id)
        outcome = "one_label_won" if won else "all_dropped"
        rows.append(_Text(inputs.text(first), inputs.cut(said), len(group), outcome, first.id))
    return sorted(rows, key=lambda row: (-row.records, row.id))


def _winners(inputs: Inputs) -> dict[str, Record]:
    """Id of a dropped record -> the record it was dropped for."""
    found = inputs.table("clean/dropped.parquet", ["id", "other_id"])
    rows = [] if found is None else found.to_pylist()
    kept = inputs.records_by_id(row["other_id"] for row in rows if row["other_id"])
    return {row["id"]: kept[row["other_id"]] for row in rows if row["other_id"] in kept}


def _examples(inputs: Inputs, examples: list[_Overruled]) -> Block:
    voices = sorted({key for one in examples for key in one} - {"record_id", "split"})
    records = inputs.records_by_id(one["record_id"] for one in examples)
    rows = [
        [inputs.text(records.get(one["record_id"])), *(_said(one.get(voice)) for voice in voices), one["record_id"]]
        for one in examples
    ]
    columns = {"text": "text", **{f"by_{voice}": "label" for voice in voices}, "id": "id"}
    return table("overruled_examples", columns, rows[: inputs.params.max_rows])


def _said(value: Target) -> str | None:
    return value if value is None or isinstance(value, str) else as_json(value)
