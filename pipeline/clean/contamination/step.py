"""Decontamination: records that hold an item of a source with `role: benchmark` go, with the passage that shows it.

Every text of a record (turns, contexts, free answers) is held against every text of every item; a benchmark's prompts
alone suffice. What counts is the share of an item's n-grams in one text (index.py). From which share on a record goes
is not set but measured: copies of the items are planted (planted.py), and the threshold is the highest one at which
`recall` of each kind of copy is found, as long as no more than `false_alarms` of the items are taken for another item.

Records of test sources are listed for review instead (`contaminated`). Reasons: contaminated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipeline.clean.contamination.index import MIN_GRAMS, Hit, Index, build_index
from pipeline.clean.contamination.measure import calibrate
from pipeline.clean.step import Context, ReviewItem
from pipeline.core.record import Record
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows, keep_all
from pipeline.runtime.store import to_contents
from pipeline.tasks import task_type
from pipeline.text.normalise import normalised
from pipeline.text.passages import grams, longest_passage

_EXAMPLES = 20  # a guess: not measured
_PASSAGE = 200  # characters of the evidence; a guess: not measured
_MARKS = ("texts", "number", "spans", "answers")  # targets that are no free text
_NO_TEXT = frozenset({"role", "id", "name", "label", "tool_call_id"})  # keys whose values name, and say nothing


class Decontaminate(Settings):
    """Section `clean.decontaminate`."""

    # `recall`: the bar is a choice, not measured.
    recall: float = Field(default=0.99, gt=0, le=1)  # of each kind of planted copy: the threshold follows from it
    # `false_alarms`: a choice, not measured.
    false_alarms: float = Field(default=0.005, ge=0, lt=1)  # of items taken for another item, at most; wins over recall
    sample: int = Field(default=1000, ge=1)  # items that are planted, of each kind of copy; a guess: not measured
    threshold: float | None = Field(default=None, gt=0, le=1)  # share of an item; null: measured


def drop_contaminated(table: pa.Table, settings: Decontaminate, context: Context) -> Outcome:
    """Drop what holds a benchmark item. Notes: threshold, recall by kind, false alarms, what was found where."""
    roles = pc.struct_field(table.column("source"), "role")
    rows = _rows_by_id(table, pc.equal(roles, "benchmark"))
    if not rows:
        return keep_all(table, notes={"applies": False, "why": "no source has `role: benchmark`"})
    items = list(context.records(table, rows).values())
    texts = [item_texts(item, context.task) for item in items]
    index = build_index(texts)
    calibration = calibrate(index, texts, _others(table, roles, settings, context), settings)
    shares = context.columns(table, partial(_shares, index=index, least=calibration.threshold, task=context.task))
    item = shares.column("item").to_numpy()
    found = np.flatnonzero((item >= 0) & pc.not_equal(roles, "benchmark").to_numpy()).tolist()
    share = shares.column("share").to_numpy()
    records = context.records(table, found)
    drops: dict[int, Drop] = {}
    examples: list[_Example] = []
    for n in found:
        evidence = _evidence(record_texts(records[n], context.task), items[item[n]], texts[item[n]], float(share[n]))
        examples.append({"record": records[n].id, **evidence})
        detail = f"{evidence['item']}, share {evidence['share']}: {evidence['passage']}"
        if records[n].source.role == "test":
            context.review_items.append(
                ReviewItem(records[n].id, "contaminated", None, None, float(share[n]), None, detail)
            )
        else:
            drops[n] = Drop("contaminated", detail, items[item[n]].id)
    by_benchmark = Counter(items[item[n]].source.name for n in found)
    notes = {
        "applies": True,
        "items": dict(Counter(record.source.name for record in items)),
        "items_too_short": index.too_short,
        **calibration.notes,
        "found": dict(sorted(by_benchmark.items())),
        "in_test_sources": len(found) - len(drops),
        "examples": sorted(examples, key=lambda one: (-one["share"], one["record"]))[:_EXAMPLES],
    }
    return drop_rows(table, "decontaminate", drops, notes=notes)


def record_texts(record: Record, task: Task) -> list[str]:
    """Every text of a record: of its fields, and of its target where that is free text; each once."""
    free = task_type(task).target_kind(task) not in _MARKS and not task.labels
    values = [dict(record.fields), record.target if free else None]
    return list(dict.fromkeys(text for text in _texts(values, ()) if text.strip()))


def item_texts(record: Record, task: Task) -> list[str]:
    """The texts by which an item is known: the first one, and the others that are long enough; no system turns."""
    first, *others = list(_texts([dict(record.fields)], ("system", "developer"))) or [""]
    target = [text for text in record_texts(record, task) if text not in (first, *others)]
    long = [text for text in (*others, *target) if len(grams([normalised(text)]).hashes) >= MIN_GRAMS]
    return [text for text in dict.fromkeys((first, *long)) if text.strip()]


def _texts(value: object, without_roles: Sequence[str]) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        if value.get("role") not in without_roles:
            inside = (part for key, part in value.items() if key not in _NO_TEXT)
            yield from (text for part in inside for text in _texts(part, without_roles))
    elif isinstance(value, Sequence):
        yield from (text for part in value for text in _texts(part, without_roles))


def _rows_by_id(table: pa.Table, chosen: pa.ChunkedArray) -> list[int]:
    """The chosen rows in the order of their ids, so that the order of the input cannot matter."""
    rows = np.flatnonzero(chosen.to_numpy())
    found: list[int] = rows[pc.sort_indices(table.column("id").take(pa.array(rows))).to_numpy()].tolist()
    return found


def _others(table: pa.Table, roles: pa.ChunkedArray, settings: Decontaminate, context: Context) -> list[str]:
    """The first texts of some records of the user's data, evenly drawn: what copies are planted behind."""
    rows = _rows_by_id(table, pc.not_equal(roles, "benchmark"))
    chosen = rows[:: max(1, len(rows) // settings.sample)]
    firsts = [record_texts(record, context.task)[:1] for record in context.records(table, chosen).values()]
    return sorted({text for texts in firsts for text in texts})


def _shares(part: pa.Table, index: Index, least: float, task: Task) -> pa.Table:
    """For each record the item of which it holds most, if that is at least `least`, else -1; and the share."""
    texts, owner = _flat(record_texts(record, task) for record in to_contents(part))
    best: dict[int, Hit] = {}
    for hit in index.hits(texts, least):
        n = owner[hit.text]
        if n not in best or (hit.share, -hit.item) > (best[n].share, -best[n].item):
            best[n] = hit
    rows = range(part.num_rows)
    item = pa.array([best[n].item if n in best else -1 for n in rows], pa.int64())
    share = pa.array([best[n].share if n in best else 0.0 for n in rows], pa.float64())
    return pa.table({"item": item, "share": share})


def _flat(parts: Iterable[Sequence[str]]) -> tuple[list[str], list[int]]:
    """All texts, and the number of the part that each stands in."""
    texts: list[str] = []
    owner: list[int] = []
    for n, found in enumerate(parts):
        texts += found
        owner += [n] * len(found)
    return texts, owner


class _Evidence(TypedDict):
    """Where a text of a benchmark was found: the item, the share of it that is there, the longest piece."""

    benchmark: str
    item: str
    share: float
    passage: str


class _Example(_Evidence):
    record: str


def _evidence(record: Sequence[str], item: Record, texts: Sequence[str], share: float) -> _Evidence:
    known = grams([normalised(text) for text in texts]).hashes
    passage = max((longest_passage(text, known) for text in record), key=len) or min(texts, key=len)
    place = f"{item.source.name}: {item.source.locator} row {item.source.row}"
    return {"benchmark": item.source.name, "item": place, "share": round(share, 3), "passage": passage[:_PASSAGE]}
