"""The test and dev splits stay apart from training, and can be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from pydantic import Field

from pipeline.record import Decision, Record
from pipeline.validate.expectations.base import Check, Rule, ShareRule, mostly, verdicts
from pipeline.validate.view import View

#: Of two splits that share a text, the record in the one that stands later here has to go.
_ORDER = ("test", "benchmark", "dev", "train")


class Trust(Rule):
    """Who may decide a test label, beside sources declared as trusted and people."""

    min_confidence: float | None = Field(None, ge=0, le=1)  # accept crowd labels this sure; None: none of them


def no_leakage(rule: ShareRule, view: View) -> Check:
    """No record shares its text (width, case, punctuation and white space aside) or group with another split.

    An augmented record is in train, and so is its parent. Only the copy in the less precious
    split is named (test, benchmark, dev, train), with the record that it repeats.
    """
    everything = [*view.held_back, *view.records]
    keepers = [
        ("the same text", view.text_key, _first_by_split(everything, view.text_key)),
        ("the same group", _group, _first_by_split(everything, _group)),
    ]
    splits = {record.id: record.split for record in everything}

    def verdict(record: Record) -> str | None:
        if record.parent_id is not None:
            if record.split != "train":
                return f"augmented, and yet in {record.split}"
            if splits.get(record.parent_id, "train") != "train":
                return f"made from {record.parent_id}, which is in {splits[record.parent_id]}"
        for what, key, first in keepers:
            for split in _ORDER[: _ORDER.index(str(record.split))]:
                other = first.get((split, key(record)))
                if other:
                    return f"{what} as {other} in {split}"
        return None

    title = f"no record shares its text, group or parent with another split{mostly(rule.share)}"
    return verdicts(title, [verdict(record) for record in view.records], rule.share)


def test_trusted(rule: Trust, view: View) -> Check:
    """Labels of the test split come from trusted sources, people, or a crowd that is sure enough.

    Holds where no record of any split is trusted: a project that declares no trust cannot break it.
    """
    declared = any(record.source.trusted for record in view.records)

    def verdict(record: Record) -> str | None:
        decision = record.labels_by
        if not declared or record.split != "test" or record.source.trusted or _sure(decision, rule.min_confidence):
            return None
        return f"the label is by {decision.who if decision else 'nobody'}, source {record.source.name} is not trusted"

    return verdicts("labels of the test split can be trusted", [verdict(record) for record in view.records])


def _sure(decision: Decision | None, min_confidence: float | None) -> bool:
    if decision is None:
        return False
    if decision.who.startswith("crowd:") and min_confidence is not None:
        return decision.confidence is not None and decision.confidence >= min_confidence
    return decision.who.startswith("human:")


def _group(record: Record) -> str:
    return record.group or ""


def _first_by_split(records: list[Record], key: Callable[[Record], str]) -> dict[tuple[str, str], str]:
    """(split, key) -> the smallest id there; empty keys are left out."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in records:
        value = key(record)
        if value:
            found[str(record.split), value].append(record.id)
    return {where: min(ids) for where, ids in found.items()}
