"""The test and dev splits stay apart from training, and can be trusted."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from pydantic import Field

from pipeline.core.record import Decision, Record
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, Rule, ShareRule, mostly, verdicts

#: Of two splits that share a text, the record in the one that stands later here has to go.
_ORDER = ("test", "benchmark", "dev", "train")


class Trust(Rule):
    """Who may decide a test label, beside sources declared as trusted and people."""

    min_confidence: float | None = Field(None, ge=0, le=1)  # accept crowd labels this sure; None: none of them


def _repeats(record: Record, what: str, first: Mapping[str, Mapping[Hashable, str]], key: Hashable) -> str | None:
    """Whether a split that this record's gives way to holds the same key, in words."""
    for split in _ORDER[: _ORDER.index(str(record.split))]:
        other = first[split].get(key)
        if other:
            return f"{what} as {other} in {split}"
    return None


def _everything(view: View) -> Iterator[Record]:
    return chain(view.held_back, view.records)


def _splits_of_parents(view: View) -> dict[str, str | None]:
    parents = {record.parent_id for record in _everything(view) if record.parent_id is not None}
    return {record.id: record.split for record in _everything(view) if record.id in parents} if parents else {}


def no_leakage(rule: ShareRule, view: View) -> Check:
    """No record shares its text (width, case, punctuation and white space aside) or group with another split.

    An augmented record is in train, and so is its parent. Only the copy in the less precious
    split is named (test, benchmark, dev, train), with the record that it repeats.
    """
    texts = [*(view.text_key(record) for record in view.held_back), *view.text_keys]
    groups = [record.group or "" for record in _everything(view)]
    keepers = [
        ("the same text", _first_by_split(_everything(view), texts)),
        ("the same group", _first_by_split(_everything(view), groups)),
    ]
    splits = _splits_of_parents(view)

    def verdict(record: Record, *keys: Hashable) -> str | None:
        repeats = (_repeats(record, what, first, key) for (what, first), key in zip(keepers, keys, strict=True))
        return _astray(record, splits) or next(filter(None, repeats), None)

    title = f"no record shares its text, group or parent with another split{mostly(rule.share)}"
    held = len(view.held_back)
    reasons = [verdict(*one) for one in zip(view.records, texts[held:], groups[held:], strict=True)]
    return verdicts(title, reasons, rule.share)


def _astray(record: Record, splits: Mapping[str, str | None]) -> str | None:
    """What is wrong with the place of an augmented record, or of the one that it was made from."""
    if record.parent_id is None:
        return None
    if record.split != "train":
        return f"augmented, and yet in {record.split}"
    of = splits.get(record.parent_id, "train")
    return None if of == "train" else f"made from {record.parent_id}, which is in {of}"


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


def _first_by_split(records: Iterable[Record], keys: Sequence[Hashable]) -> dict[str, dict[Hashable, str]]:
    """Split -> key -> the smallest id there; empty keys are left out, and train, which nothing gives way to."""
    found: dict[str, dict[Hashable, str]] = {split: {} for split in _ORDER}
    for record, key in zip(records, keys, strict=True):
        if key and record.split != _ORDER[-1]:
            there = found[str(record.split)]
            there[key] = min(there.get(key, record.id), record.id)
    return found
