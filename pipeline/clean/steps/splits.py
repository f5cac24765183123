"""Splits by group: which one is drawn from the group's name alone, so adding data moves no old record.

Records with equal text or equal `group` go together. A group is in test when it holds a record of a
test source, or when its draw says so and it holds a record that may be tested; its other members
are dropped, as is whatever resembles a benchmark. Draws do not look at labels, so classes are split alike in
expectation. Unlabelled records outside dev and test are `unlabelled`.
Reasons: similar_to_test, similar_to_dev, similar_to_benchmark.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from pydantic import Field, model_validator

from pipeline.clean.clusters import components, same_value
from pipeline.clean.step import Context, with_strings
from pipeline.normalise import text_key
from pipeline.record import Record, share
from pipeline.settings import Settings
from pipeline.stage import Drop, Outcome, drop_rows
from pipeline.tasks import task_type


class Part(Settings):
    """How one split is drawn."""

    share: float = Field(default=0.1, ge=0, lt=1)  # of the groups
    trusted_only: bool = False  # only records whose source vouches for the label, where any source does
    at_most: int | None = Field(default=None, ge=1)  # records; where it binds, adding data can move old records


class Splits(Settings):
    """Section `clean.splits`."""

    dev: Part = Part()
    test: Part = Part(trusted_only=True)
    seed: str = "1"  # another seed, other splits

    @model_validator(mode="after")
    def _something_is_left(self) -> Splits:
        if self.dev.share + self.test.share >= 1:
            raise ValueError("dev.share and test.share leave nothing to train on; lower them")
        return self


def assign_splits(table: pa.Table, settings: Splits, context: Context) -> Outcome:
    """Set `split` on every record. Notes: counts by split and class, classes a split lacks, limits that bound."""
    records = context.records(table)
    groups = _groups(records, context)
    draws = {name: share("split", settings.seed, name) for name in groups}
    trust = any(record.source.trusted for record in records)
    notes: dict[str, Any] = {}
    parts: dict[str, str] = {}
    start = 0.0
    for split, how in (("test", settings.test), ("dev", settings.dev)):
        drawn = [name for name, draw in draws.items() if start <= draw < start + how.share]
        allowed = _allowed(how, trust)
        sizes = {name: sum(allowed(records[n]) for n in groups[name]) for name in drawn}
        chosen = _within_limit({name: size for name, size in sizes.items() if size}, draws, how, split, notes)
        parts.update(dict.fromkeys(chosen, split))
        start += how.share
    splits: list[str | None] = [None] * len(records)
    drops: dict[int, Drop] = {}
    for name, rows in groups.items():
        preset = _preset([records[n] for n in rows])
        part = preset or parts.get(name, "train")
        may_stay = _member(part, settings, trust) if preset is None else _of_role(preset)
        stay = {n for n in rows if may_stay(records[n])}
        other = min((records[n].id for n in stay), default=None)
        for n in rows:
            if n in stay:
                splits[n] = "unlabelled" if part == "train" and _is_unlabelled(records[n]) else part
            else:
                drops[n] = Drop(f"similar_to_{part}", f"group {name}", other)
    notes.update(_counts(records, splits, context))
    return drop_rows(with_strings(table, "split", splits), "splits", drops, notes=notes)


def _groups(records: Sequence[Record], context: Context) -> dict[str, list[int]]:
    """Rows of each group, under the smallest of the members' groups and text keys."""
    unit = task_type(context.task).unit
    keys = [text_key(unit(record)) for record in records]
    root = components(len(records), same_value(keys) + same_value([record.group for record in records])).tolist()
    names: dict[int, str] = {}
    for n, record in enumerate(records):
        name = record.group or keys[n]
        names[root[n]] = min(name, names.get(root[n], name))
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for n in range(len(records)):
        groups[names[root[n]]].append(n)
    return groups


def _is_unlabelled(record: Record) -> bool:
    return record.target is None or record.source.role == "unlabelled"


def _preset(members: Sequence[Record]) -> str | None:
    roles = {record.source.role for record in members}
    return next((role for role in ("benchmark", "test") if role in roles), None)


def _of_role(role: str) -> Callable[[Record], bool]:
    return lambda record: record.source.role == role


def _allowed(part: Part, trust: bool) -> Callable[[Record], bool]:
    """Whether a record may be in a drawn split."""
    return lambda record: not _is_unlabelled(record) and (record.source.trusted or not (part.trusted_only and trust))


def _member(split: str, settings: Splits, trust: bool) -> Callable[[Record], bool]:
    """Whether a record of a group that was drawn into `split` may stay."""
    drawn = {"dev": settings.dev, "test": settings.test}
    return _allowed(drawn[split], trust) if split in drawn else lambda record: True


def _within_limit(
    sizes: dict[str, int], draws: dict[str, float], part: Part, split: str, notes: dict[str, Any]
) -> list[str]:
    """The groups with the smallest draws that fit in `at_most` records; one that does not fit is passed over."""
    total = 0
    chosen: list[str] = []
    for name in sorted(sizes, key=lambda name: draws[name]):
        if part.at_most is not None and total + sizes[name] > part.at_most:
            continue
        total += sizes[name]
        chosen.append(name)
    if len(chosen) < len(sizes):
        notes[f"{split}_limit"] = f"at_most {part.at_most} left out {len(sizes) - len(chosen)} of {len(sizes)} groups"
    return chosen


def _counts(records: Sequence[Record], splits: Sequence[str | None], context: Context) -> dict[str, Any]:
    kind = task_type(context.task)
    by_class: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record, split in zip(records, splits, strict=True):
        if split:
            by_class[split][kind.stratum(record) or "(none)"] += 1
    classes = set(by_class["train"]) - {"(none)"}
    lacking = {split: sorted(classes - set(by_class[split])) for split in ("dev", "test")}
    return {
        "by_class": {split: dict(sorted(counts.items())) for split, counts in sorted(by_class.items()) if counts},
        "classes_missing": {split: names for split, names in lacking.items() if names},
    }
