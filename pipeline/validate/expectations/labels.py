"""Labels are declared, and equal texts carry equal ones."""

from __future__ import annotations

from collections import defaultdict

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Record, as_json
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, ShareRule, mostly, verdicts


def in_declared_labels(rule: ShareRule, view: View) -> Check:
    """Every label is in task.labels; records without a label are left to values_present."""
    _needs_labels(view, rule.expect)
    declared = set(view.task.labels)

    def verdict(record: Record) -> str | None:
        unknown = sorted(set(_labels(record)) - declared)
        return f"label '{unknown[0]}' is not declared" if unknown else None

    title = f"every label is one of {shorten(', '.join(view.task.labels))}{mostly(rule.share)}"
    return verdicts(title, [verdict(record) for record in view.records], rule.share)


def no_conflicting_labels(rule: ShareRule, view: View) -> Check:
    """No two records of equal text (as no_leakage compares it) have different labels.

    All records of such a text are named, each with one record that disagrees.
    """
    _needs_labels(view, rule.expect)
    keys = view.text_keys
    in_conflict = _in_conflict(view)
    by_text: dict[int, dict[str, Record]] = defaultdict(dict)
    for key, record in zip(keys, view.records, strict=True):
        if key in in_conflict and record.target is not None:
            by_text[key].setdefault(as_json(record.target), record)

    def verdict(key: int, record: Record) -> str | None:
        if key not in in_conflict:
            return None
        mine = as_json(record.target)
        others = [other for target, other in by_text[key].items() if target != mine]
        if not others or record.target is None:
            return None
        return f"labelled {mine}, the same text in {others[0].id} is labelled {as_json(others[0].target)}"

    reasons = [verdict(key, record) for key, record in zip(keys, view.records, strict=True)]
    return verdicts(f"equal texts have equal labels{mostly(rule.share)}", reasons, rule.share)


def _in_conflict(view: View) -> set[int]:
    """Keys of texts that have two labels. Of a million records few are, so only theirs are kept by label later."""
    first: dict[int, str] = {}
    found = set()
    for key, record in zip(view.text_keys, view.records, strict=True):
        if key and record.target is not None:
            given = as_json(record.target)
            if first.setdefault(key, given) != given:
                found.add(key)
    return found


def _labels(record: Record) -> list[str]:
    if record.target is None:
        return []
    return record.target if isinstance(record.target, list) else [record.target]


def _needs_labels(view: View, name: str) -> None:
    if not view.task.labels:
        raise PipelineError(
            f"validate.suite: {name} needs task.labels, and a {view.task.type} task declares none.",
            "Remove this entry from validate.suite.",
        )
