"""All rows behind the counts of the page, list by list: plain tables with text, source, the source's own key and meta.

Each list is a function of the data folder that yields Arrow tables of one shape; `write.py` puts them beside the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.record import Record, as_json
from pipeline.report.figures import plain_label
from pipeline.report.inputs import FLOW, Inputs
from pipeline.runtime.shards import batches
from pipeline.runtime.store import to_records

#: Rows that are held as objects at a time. A guess: not measured.
BATCH = 4096

Row = dict[str, object]
#: The data folder -> parts of the list, in order; none where the stage has not run.
List = Callable[[Inputs], Iterator[list[Row]]]

#: Columns that say which record a row is about, in every list.
ABOUT = ("record_id", "key", "source", "locator", "row", "split", "lang", "text", "label", "meta")


def about(inputs: Inputs, record: Record | None) -> Row:
    """The columns of `ABOUT`; empty for a record that is not there any more."""
    if record is None:
        return dict.fromkeys(ABOUT)
    source = record.source
    blank = all(value is None for value in record.fields.values())
    text = None if blank else inputs.kind.main_text(record)
    label = None if record.target is None else plain_label(as_json(record.target), text or "")
    meta = json.dumps(dict(record.meta), ensure_ascii=False, sort_keys=True) if record.meta else None
    own = {"record_id": record.id, "key": source.key, "source": source.name}
    place = {"locator": source.locator, "row": source.row, "split": record.split, "lang": record.lang}
    return {**own, **place, "text": text, "label": label, "meta": meta}


_OF_RECORDS = ("records.parquet", "dropped.parquet")


def _batches(inputs: Inputs, name: str, where: pc.Expression | None = None) -> Iterator[pa.Table]:
    """A table of the data folder, a part at a time."""
    path = inputs.place(name)
    if path:
        for batch in batches(path, rows=BATCH):
            part = pa.Table.from_batches([batch])
            part = inputs.of_task(part, path) if path.name in _OF_RECORDS else part
            yield part if where is None else part.filter(where)


def dropped(inputs: Inputs) -> Iterator[list[Row]]:
    """Every row that is not in the dataset: by which stage and step, why, and because of which other record."""
    for stage in FLOW:
        yield from _dropped(inputs, stage)


def _dropped(inputs: Inputs, stage: str, where: pc.Expression | None = None) -> Iterator[list[Row]]:
    for part in _batches(inputs, f"{stage}/dropped.parquet", where):
        why = part.select(["step", "reason", "detail", "other_id"]).to_pylist()
        records: Iterable[Record] = to_records(part)
        if stage == "collect":
            why = [{**one, "detail": inputs.quarantined(one["detail"] or "")} for one in why]
            records = map(inputs.quarantined_record, records)
        yield [{"stage": stage, **one, **about(inputs, record)} for one, record in zip(why, records, strict=True)]


def duplicates(inputs: Inputs) -> Iterator[list[Row]]:
    """Every copy beside the record that stayed."""
    for rows in _dropped(inputs, "clean", pc.field("other_id").is_valid()):
        ids = [str(row["other_id"]) for row in rows]
        kept = inputs.records_by_id(set(ids))
        yield [{**row, "kept_text": about(inputs, kept.get(id))["text"]} for row, id in zip(rows, ids, strict=True)]


def conflicts(inputs: Inputs) -> Iterator[list[Row]]:
    """Every record that went because an equal text has another label."""
    yield from _dropped(inputs, "clean", pc.field("reason") == "conflicting_label")


def review(inputs: Inputs) -> Iterator[list[Row]]:
    """Every record that waits for review: its label, the one suggested, how sure."""
    yield from _joined(inputs, "clean/review.parquet", ("given", "suggested"))


def queue(inputs: Inputs) -> Iterator[list[Row]]:
    """Every record that waits for annotators, with its pre-label and why it is asked."""
    yield from _joined(inputs, "label/queue.parquet", ("prelabel",))


def _joined(inputs: Inputs, name: str, labels: Sequence[str], id: str = "record_id") -> Iterator[list[Row]]:
    """The rows of a table with what is known of the record that each is about; `labels` hold JSON."""
    for part in _batches(inputs, name):
        rows = part.to_pylist()
        records = inputs.records_by_id(row[id] for row in rows)
        yield [_with_record(inputs, row, records.get(row[id]), labels, id) for row in rows]


def _with_record(inputs: Inputs, row: Row, record: Record | None, labels: Sequence[str], id: str) -> Row:
    found = about(inputs, record)
    text = str(found["text"] or "")
    said = {name: plain_label(cast("str | None", row.get(name)), text) for name in labels}
    more = {name: _flat(value) for name, value in row.items() if name not in (*ABOUT, *labels, id)}
    return {**more, **said, **found, "record_id": row[id]}


def _flat(value: object) -> object:
    return as_json(value) if isinstance(value, list | dict | tuple) else value


def failing(inputs: Inputs) -> Iterator[list[Row]]:
    """Every record that breaks an expectation, with the expectation and why."""
    yield from _joined(inputs, "validate/failing.parquet", ())


def predictions(inputs: Inputs) -> Iterator[list[Row]]:
    """Every test record with what the model said."""
    yield from _joined(inputs, "evaluate/predictions.parquet", ("given", "predicted"), id="id")


def edits(inputs: Inputs) -> Iterator[list[Row]]:
    """Every change of a text, before and after."""
    yield from _changes(inputs, "augment/records.parquet", lambda field: field.startswith("fields."))


def relabelled(inputs: Inputs) -> Iterator[list[Row]]:
    """Every change of a label, before and after."""
    yield from _changes(inputs, "label/records.parquet", lambda field: field == "target")


def _changes(inputs: Inputs, name: str, wanted: Callable[[str], bool]) -> Iterator[list[Row]]:
    for part in _batches(inputs, name, pc.field("parent_id").is_null()):
        yield [
            {"step": c.step, "field": c.field.removeprefix("fields."), "before": c.before, "after": c.after, **_key(r)}
            for r in to_records(part)
            for c in r.history
            if wanted(c.field) and c.before != "null"
        ]


def _key(record: Record) -> Row:
    return {"record_id": record.id, "key": record.source.key, "source": record.source.name}


def augmented(inputs: Inputs) -> Iterator[list[Row]]:
    """Every example that was made, accepted or refused, beside the record it was made from."""
    for name, state in (("augment/records.parquet", "accepted"), ("augment/dropped.parquet", "refused")):
        for part in _batches(inputs, name, pc.field("parent_id").is_valid()):
            why: list[dict[str, Any]] = [{} for _ in range(part.num_rows)]
            if state == "refused":
                why = part.select(["reason", "detail"]).to_pylist()
            yield list(_children(inputs, list(to_records(part)), why, state))


def _children(
    inputs: Inputs, children: Sequence[Record], why: Iterable[Mapping[str, object]], state: str
) -> Iterator[Row]:
    parents = inputs.records_by_id(child.parent_id for child in children if child.parent_id)
    for child, one in zip(children, why, strict=True):
        method = next((change.step for change in child.history if change.field == "child_of"), None)
        before = about(inputs, parents.get(child.parent_id or ""))["text"]
        said = {"reason": one.get("reason"), "detail": one.get("detail")}
        yield {"method": method, "state": state, **said, "parent": child.parent_id, "parent_text": before} | about(
            inputs, child
        )


#: Name of the file below tables/ -> the list. A table block names its list (`listed`).
LISTS: dict[str, List] = {
    "dropped": dropped,
    "duplicates": duplicates,
    "conflicts": conflicts,
    "review": review,
    "queue": queue,
    "edits": edits,
    "relabelled": relabelled,
    "augmented": augmented,
    "predictions": predictions,
    "failing": failing,
}
