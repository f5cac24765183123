"""Literal records for the cleaning steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from pipeline.core.record import Decision, Record, Source, content_id
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table

TASK = Task(type="classification", labels=("bad", "good", "so-so"), languages=("en", "zh"))


def make(text: str, target: Any = "good", key: str | None = None, **more: Any) -> Record:
    """A record; `role`, `trusted` and `name` describe its source, `sure` the source's confidence."""
    role, trusted = str(more.pop("role", "train")), bool(more.pop("trusted", False))
    name, sure = str(more.pop("name", "web")), more.pop("sure", None)
    source = Source(name, "files", "web.csv", 2, "MIT", role, trusted)
    by = Decision("source:web", sure) if target is not None else None
    number = content_id(key if key is not None else text)
    given = {"id": number, "fields": {"text": text}, "source": source, "target": target, "labels_by": by}
    return Record(**given | more)


def table(records: Iterable[Record]) -> pa.Table:
    return to_table(records, schema(TASK))


def texts(kept: pa.Table) -> list[str]:
    return [str(record.fields["text"]) for record in to_records(kept)]
