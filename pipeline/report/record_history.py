"""What became of every record that the page names: `sft trace` inside the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from pipeline.core.errors import shorten
from pipeline.core.record import Record, as_json
from pipeline.report.blocks import Block
from pipeline.report.deciders import decider
from pipeline.report.edits import sides
from pipeline.report.figures import plain_label
from pipeline.report.inputs import FLOW, Inputs
from pipeline.report.sentences import Told, told

#: Records told of at most: the page stays small however large the dataset. A guess: not measured.
LIMIT = 1200
_CUT = 140  # a guess: not measured
_CHANGES = 6  # a guess: not measured

#: Lines of (key of an interface text, value).
RecordHistory = list[list[object]]


class Section(TypedDict):
    """A section of the page."""

    id: str
    blocks: list[Block]


def record_histories(inputs: Inputs, sections: Sequence[Section]) -> dict[str, RecordHistory]:
    """Id -> lines of (key of an interface text, value) for the records named in the sections' tables and maps."""
    ids = list(dict.fromkeys(id for section in sections for block in section["blocks"] for id in named(block)))[:LIMIT]
    records = inputs.records_by_id(ids)
    gone = _drops(inputs, ids)
    return {id: list(_lines(inputs, records[id], gone.get(id))) for id in ids if id in records}


def named(block: Block) -> Iterator[str]:
    """The record ids that a block shows."""
    if block["kind"] == "table":
        yield from _ids_of(block)
    elif block["kind"] == "scatter":
        yield from (point["id"] for point in block["points"] if isinstance(point, Mapping))
    elif block["kind"] == "details":
        for one in block["blocks"]:
            yield from named(one)


def _ids_of(table: Block) -> Iterator[str]:
    columns = [n for n, column in enumerate(table["columns"]) if column["type"] == "id"]
    return (str(row[n]) for row in table["rows"] if isinstance(row, list) for n in columns if row[n])


def _drops(inputs: Inputs, ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
    wanted = set(ids)
    found: dict[str, dict[str, str | None]] = {}
    for stage in FLOW:
        rows = inputs.rows(f"{stage}/dropped.parquet", ("id", "step", "reason", "detail", "other_id"), wanted)
        if stage == "collect":
            rows = [{**row, "detail": inputs.quarantined(row["detail"] or "")} for row in rows]
        found |= {str(row["id"]): {"stage": stage, **row} for row in rows}
    return found


def _lines(inputs: Inputs, record: Record, drop: Mapping[str, object] | None) -> Iterator[list[object]]:
    yield ["text", inputs.text(record) or "–"]
    if record.target is not None:
        yield ["target", shorten(plain_label(as_json(record.target), _whole(inputs, record)), _CUT)]
    yield from _origin(record)
    yield from _history(record)
    yield from _labelling(record)
    if drop:
        yield ["dropped", [drop["stage"], drop["step"], drop["reason"], _detail(str(drop["detail"] or ""))]]
        if drop["other_id"]:
            yield ["other_id", drop["other_id"]]
    elif record.split:
        yield ["split", record.split]


def _detail(text: str) -> Told | str:
    """Why a record went: a sentence that the page can say in both languages, or the beginning of the text."""
    return told(shorten(text, 4 * _CUT)) or shorten(text, _CUT)


def _origin(record: Record) -> Iterator[list[object]]:
    source = record.source
    yield ["source", f"{source.name} · {shorten(source.locator, 80)}"]
    if source.row:
        yield ["row", source.row]
    if source.key:
        yield ["key", shorten(source.key, 80)]
    if record.meta:
        yield ["meta", shorten(", ".join(f"{name}: {value}" for name, value in sorted(record.meta.items())), 2 * _CUT)]
    if source.licence:
        yield ["licence", shorten(source.licence, _CUT)]
    if record.parent_id:
        yield ["parent", record.parent_id]


def _history(record: Record) -> Iterator[list[object]]:
    changes = [change for change in record.history if change.field not in ("child_of", "split")]
    for change in changes[:_CHANGES]:
        both = [shorten(text, _CUT) for text in sides(change.before, change.after)]
        yield ["changed", [change.step, change.field.removeprefix("fields."), *both]]


def _labelling(record: Record) -> Iterator[list[object]]:
    if record.labels_by:
        sure = "" if record.labels_by.confidence is None else f"{record.labels_by.confidence:.2f}"
        yield ["label_by", [decider(record.labels_by.who) or record.labels_by.who, sure]]
    if record.votes:
        votes = ", ".join(f"{vote.annotator}: {plain_label(as_json(vote.value))}" for vote in record.votes[:8])
        yield ["votes", shorten(votes, 2 * _CUT)]


def _whole(inputs: Inputs, record: Record) -> str:
    return "" if inputs.text(record) is None else inputs.kind.main_text(record)
