"""Which of several records that say the same survives. A total order: input order never matters."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.record import Record

Rank = tuple[bool | int | str, ...]


def rank(record: Record, text: str, sources: Sequence[str] = ()) -> Rank:
    """Sort key: smaller survives.

    Benchmark, then test, then dev sources, labelled, trusted, labelled by people (votes or a human), earlier in
    `sources` (names; others after them), longer text, smaller id.
    """
    who = record.labels_by.who if record.labels_by else ""
    by_people = bool(record.votes) or who.startswith(("human:", "crowd:"))
    name = record.source.name
    return (
        record.source.role != "benchmark",
        record.source.role != "test",
        record.source.role != "dev",
        record.target is None,
        not record.source.trusted,
        not by_people,
        sources.index(name) if name in sources else len(sources),
        -len(text),
        record.id,
    )
