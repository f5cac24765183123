"""The columns of the tables that stages write: those of records, and what readers may count on."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipeline.core.settings import Task
from pipeline.tasks import task_type

#: One turn of a conversation: see `pipeline/core/conversation.py`.
_MESSAGE = pa.struct(
    {
        "role": pa.string(),
        "content": pa.string(),
        "reasoning": pa.string(),
        "tool_calls": pa.list_(pa.struct({"id": pa.string(), "name": pa.string(), "arguments": pa.string()})),
        "tool_call_id": pa.string(),
        "name": pa.string(),
        "learn": pa.bool_(),
    }
)

#: Kinds of value that a task type may declare, as Arrow types. `json` is a text that programs read.
KINDS: dict[str, pa.DataType] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "number": pa.float64(),
    "spans": pa.list_(pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string()})),
    "answers": pa.list_(pa.struct({"start": pa.int32(), "text": pa.string()})),
    "messages": pa.list_(_MESSAGE),
    "message": _MESSAGE,
    "json": pa.string(),
}

_SOURCE = pa.struct(
    {
        "name": pa.string(),
        "kind": pa.string(),
        "locator": pa.string(),
        "row": pa.int64(),
        "licence": pa.string(),
        "role": pa.string(),
        "trusted": pa.bool_(),
        "key": pa.string(),
    }
)
_VOTE = pa.struct({"annotator": pa.string(), "value": pa.string(), "time": pa.string()})
_DECISION = pa.struct({"who": pa.string(), "confidence": pa.float64()})
_CHANGE = pa.struct({name: pa.string() for name in ("step", "field", "before", "after")})

#: What `dropped.parquet` adds to a record's columns.
DROPPED = {"step": pa.string(), "reason": pa.string(), "detail": pa.string(), "other_id": pa.string()}

_ALWAYS = pa.schema(
    {
        **dict.fromkeys(("id", "lang", "split", "group", "parent_id"), pa.string()),
        "source": _SOURCE,
        "votes": pa.list_(_VOTE),
        "labels_by": _DECISION,
        "scores": pa.map_(pa.string(), pa.float64()),
        "history": pa.list_(_CHANGE),
        "meta": pa.map_(pa.string(), pa.string()),
    }
)
#: Tables by their name -> columns that a reader may count on, whatever the task.
_EXPECTED: dict[str, pa.Schema] = {
    "records.parquet": _ALWAYS,
    "dropped.parquet": pa.schema([*_ALWAYS, *(pa.field(name, kind) for name, kind in DROPPED.items())]),
    "review.parquet": pa.schema(
        {
            **dict.fromkeys(("record_id", "reason", "given", "suggested", "detail"), pa.string()),
            "confidence": pa.float64(),
        }
    ),
    "queue.parquet": pa.schema(dict.fromkeys(("record_id", "reason"), pa.string())),
    "failing.parquet": pa.schema(dict.fromkeys(("record_id", "expect", "title", "why"), pa.string())),
    "predictions.parquet": pa.schema(
        {**dict.fromkeys(("id", "given", "predicted"), pa.string()), "correct": pa.bool_()}
    ),
    "map.parquet": pa.schema(
        {
            **dict.fromkeys(("id", "split", "source", "class", "nearest"), pa.string()),
            **dict.fromkeys(("x", "y", "distance"), pa.float64()),
            "region": pa.int32(),
        }
    ),
}
#: Columns of these tables that are never null.
FILLED = ("id", "source", "votes", "history", "record_id", "reason", "x", "y")


def schema(task: Task) -> pa.Schema:
    """The columns of `records.parquet` for this task."""
    kind = task_type(task)
    fields = pa.struct({name: KINDS[value] for name, value in kind.FIELDS.items()})
    return pa.schema(
        {
            "id": pa.string(),
            "fields": fields,
            "target": KINDS[kind.target_kind(task)],
            "lang": pa.string(),
            "source": _SOURCE,
            "split": pa.string(),
            "group": pa.string(),
            "votes": pa.list_(_VOTE),
            "labels_by": _DECISION,
            "scores": pa.map_(pa.string(), pa.float64()),
            "parent_id": pa.string(),
            "history": pa.list_(_CHANGE),
            "meta": pa.map_(pa.string(), pa.string()),
        }
    )


def dropped_schema(records: pa.Schema) -> pa.Schema:
    """The columns of `dropped.parquet`: the record's, then step, reason, detail and other_id."""
    return pa.schema([*records, *(pa.field(name, kind) for name, kind in DROPPED.items())])


def expected(name: str, columns: Sequence[str] | None) -> pa.Schema:
    """The columns that every table of this name has, of those that are read (None: all)."""
    known = _EXPECTED.get(name, pa.schema([]))
    return pa.schema(column for column in known if columns is None or column.name in columns)
