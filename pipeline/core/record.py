"""The record: the one type that crosses every stage. Imports nothing of ours.

In Python a record is a frozen `Record`; on disk it is a row of `records.parquet`
(see `store.py`). Offsets are half-open `[start, end)` in Unicode code points.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypedDict, cast

Split = Literal["train", "dev", "test", "unlabelled", "benchmark"]

#: What a model should answer, in the task type's own shape: a label, several labels,
#: a number, spans, answers or a text. `None` means "not labelled yet".
Target = Any

#: The inputs of an example by name (`TaskType.FIELDS`), each like a target in a shape that the task type declares.
Fields = Mapping[str, Target]
#: The flat columns of an example (`TaskType.row`), as validation checks and the dataset has them.
Row = Mapping[str, Target]


class Span(TypedDict):
    """A part `[start, end)` of a text and what it is: one of the targets of task type ner."""

    start: int
    end: int
    label: str


class Answer(TypedDict):
    """A part of a context, from `start` on: one of the targets of task type qa."""

    start: int
    text: str


class Reject(Exception):
    """Raised by a per-record function: this record cannot go on, and why.

    `reason` is a short snake_case word that is counted; `detail` is for people.
    """

    def __init__(self, reason: str, detail: str = "", other_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.other_id = other_id


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record was read: source name, its kind, file or address, row and licence.

    `row` counts from 1 as an editor shows it (the header of a CSV file is row 1).
    `role` is what the source was declared for in params.yaml.
    `trusted` says that the source vouches for this label (it may enter the test split).
    `key` is the source's own id of the row, where params.yaml names its column.
    """

    name: str
    kind: str
    locator: str
    row: int
    licence: str
    role: str
    trusted: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's answer. `value` has the shape of the task's target."""

    annotator: str
    value: Target
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided the label, as `kind:name` (`source:`, `crowd:`, `human:`, `model:`), and how sure.

    `confidence` is a probability in [0, 1], or None where nobody stated one.
    """

    who: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: the step that made it, the field it touched, its value before and after (JSON)."""

    step: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Record:
    """One example with its lineage.

    `fields` holds the inputs and `target` the answer, both in the shape that the task type
    declares. `group` joins records that must share a split (near duplicates, one conversation).
    `scores` keeps what each scoring step measured; `parent_id` is set on augmented examples. `meta` says more of the
    record by name (author, page, topic): columns of its source that params name, and tags. Nothing is learned from it.
    """

    id: str
    fields: Fields
    source: Source
    target: Target = None
    lang: str = ""
    split: Split | None = None
    group: str | None = None
    votes: tuple[Vote, ...] = ()
    labels_by: Decision | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    parent_id: str | None = None
    history: tuple[Change, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)

    def derive(self, step: str, **changes: Any) -> Record:
        """A copy with `changes`; edits of fields, target and language are added to the history."""
        edits = [Change(step, name, as_json(before), as_json(after)) for name, before, after in self._edits(changes)]
        return replace(self, **changes, history=(*self.history, *edits))

    def child(self, step: str, fields: Fields, target: Target) -> Record:
        """A new record made from this one: own id, same source, split and group."""
        return replace(
            self,
            id=content_id(self.id, step, as_json(fields), as_json(target)),
            fields=fields,
            target=target,
            parent_id=self.id,
            votes=(),
            scores={},
            history=(Change(step, "child_of", as_json(self.id), as_json(None)),),
        )

    def _edits(self, changes: Mapping[str, object]) -> list[tuple[str, object, object]]:
        pairs: list[tuple[str, object, object]] = [
            (k, getattr(self, k), changes[k]) for k in ("target", "lang") if k in changes
        ]
        after = cast("Fields", changes.get("fields", self.fields))
        pairs += [(f"fields.{k}", self.fields.get(k), after.get(k)) for k in sorted({*self.fields, *after})]
        return [(name, old, new) for name, old, new in pairs if old != new]


def writer_of(record: Record) -> str | None:
    """The language model that wrote the target, as `model:<name>`: whoever decided it, else its source's teacher."""
    if record.labels_by is not None and record.labels_by.who.startswith("model:"):
        return record.labels_by.who
    return f"model:{record.meta['teacher']}" if record.meta.get("teacher") else None


#: What names a record's `meta` among the columns of a table: `meta_page`.
META = "meta_"


def content_id(*parts: str) -> str:
    """A stable id of 20 hex digits from `parts`: equal parts give equal ids on every machine."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=10).hexdigest()


def share(*parts: str) -> float:
    """A stable pseudo-random number in [0, 1) drawn from `parts` alone.

    Random choices use it (or a generator seeded with it) per record, so that adding a record
    never changes what happens to another one.
    """
    return int(content_id(*parts)[:13], 16) / 16**13


def as_json(value: object) -> str:
    """`value` as canonical one-line JSON: sorted keys, no escapes for non-ASCII letters."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
