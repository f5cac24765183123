"""Whose label no model may change."""

from __future__ import annotations

from pipeline.core.record import Record


def is_test(record: Record) -> bool:
    """Whether the record is, or is to be, in test."""
    return "test" in (record.split, record.source.role)


def is_labelled(record: Record) -> bool:
    """Whether the record has a target to look at: benchmarks and unlabelled sources have none."""
    return record.target is not None and record.source.role not in ("benchmark", "unlabelled")


def is_protected(record: Record) -> bool:
    """Test records, trusted sources, labels given by people."""
    given_by = record.labels_by.who if record.labels_by else ""
    by_people = bool(record.votes) or given_by.startswith(("human:", "crowd:"))
    return is_test(record) or record.source.trusted or by_people
