"""Assigns records to splits by group: drawn from the group's name alone, so adding data moves no old record.

Records with equal text or equal `group` go together. A group is in test when it holds a record of a
test source, or when its draw says so and it holds a record that may be tested; its other members
are dropped, as is whatever resembles a benchmark. Where a source has the role test (or dev) none is drawn beside it.
Draws do not look at labels, so classes are split alike in expectation; a class that a split lacks all the same gets one
of its groups moved there (class_coverage.py). Unlabelled records outside dev and test are `unlabelled`.
Reasons: similar_to_test, similar_to_dev, similar_to_benchmark.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, TypedDict

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from pipeline.clean.class_coverage import missing_classes
from pipeline.clean.step import Context, with_strings
from pipeline.core.record import share
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.runtime.store import to_contents
from pipeline.tasks import task_type
from pipeline.text.clusters import components, same_value
from pipeline.text.normalise import text_key

log = logging.getLogger("pipeline")

#: Classes that a warning names; all are in the notes. A guess: not measured.
_NAMED = 5


class Part(Settings):
    """How one split is drawn."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        "at_most": "max_records",
    }

    share: float = Field(default=0.1, ge=0, lt=1)  # of the groups; a guess: not measured
    trusted_only: bool = False  # only records whose source vouches for the label, where any source does
    max_records: int | None = Field(default=None, ge=1)  # records; where it binds, adding data can move old records
    beside_given: bool = False  # draw it although a source has the role of this split


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


@dataclass(frozen=True)
class _Columns:
    """What decides of each row, by row number; `key` and `stratum` as the task type says."""

    ids: list[str]
    roles: list[str]
    trusted: list[bool]
    unlabelled: list[bool]
    own_groups: list[str | None]
    keys: list[str]
    strata: list[str | None]


@dataclass
class _Drawing:
    """Which group goes where: `preset` by its sources' roles, `parts` by its draw; `trust`: some source vouches."""

    columns: _Columns
    groups: dict[str, list[int]]
    draws: dict[str, float]
    preset: dict[str, str]
    trust: bool
    parts: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


def assign_splits(table: pa.Table, settings: Splits, context: Context) -> Outcome:
    """Set `split` on every record. Notes: counts by split and class, classes a split lacks, limits that bound."""
    columns = _columns(table, context)
    groups = _groups(columns)
    draws = {name: share("split", settings.seed, name) for name in groups}
    preset = {name: role for name, rows in groups.items() if (role := _preset({columns.roles[n] for n in rows}))}
    drawing = _Drawing(columns, groups, draws, preset, any(columns.trusted))
    start = 0.0
    for split, how in (("test", settings.test), ("dev", settings.dev)):
        if split in columns.roles and not how.beside_given:
            told = f"sources with `role: {split}` are the {split} split; none is drawn beside them"
            drawing.notes[f"{split}_given"] = told
            continue
        _draw(drawing, split, how, start)
        start += how.share
    splits, drops = _dealt(drawing, settings)
    notes = {**drawing.notes, **_counts(columns.strata, splits)}
    _tell_empty(splits, groups, settings, notes, unlabelled=all(columns.unlabelled))
    _tell_missing(notes)
    return drop_rows(with_strings(table, "split", splits), "splits", drops, notes=notes)


def _draw(drawing: _Drawing, split: str, how: Part, start: float) -> None:
    """The groups whose draw lies in the split's share, and one of each class that they all lack."""
    groups, draws, parts, notes = drawing.groups, drawing.draws, drawing.parts, drawing.notes
    drawn = [name for name, draw in draws.items() if start <= draw < start + how.share and name not in parts]
    allowed = _allowed(how, drawing.trust, drawing.columns)
    sizes = {name: sum(map(allowed, groups[name])) for name in drawn}
    chosen = _within_limit({name: size for name, size in sizes.items() if size}, draws, how, split, notes)
    parts.update(dict.fromkeys(chosen, split))
    if not how.share:
        return
    taken = {**parts, **drawing.preset}
    moved, few = missing_classes(groups, taken, draws, drawing.columns.strata, split, start, allowed)
    if how.max_records is None:
        parts.update(dict.fromkeys(moved, split))
        notes[f"{split}_moved_for_classes"] = sorted(moved.values())
    notes[f"{split}_lacks"] = few if how.max_records is None else sorted([*few, *moved.values()])


def _dealt(drawing: _Drawing, settings: Splits) -> tuple[list[str | None], dict[int, Drop]]:
    """The split of each row, and the rows that may not be where the rest of their group is."""
    columns = drawing.columns
    splits: list[str | None] = [None] * len(columns.ids)
    drops: dict[int, Drop] = {}
    for name, rows in drawing.groups.items():
        role = drawing.preset.get(name)
        part = role or drawing.parts.get(name, "train")
        may_stay = _member(part, settings, drawing.trust, columns) if role is None else _of_role(role, columns)
        stay = [n for n in rows if may_stay(n)]
        for n in stay:
            splits[n] = "unlabelled" if part == "train" and columns.unlabelled[n] else part
        if len(stay) < len(rows):
            other = min((columns.ids[n] for n in stay), default=None)
            drops.update({n: Drop(f"similar_to_{part}", f"group {name}", other) for n in set(rows).difference(stay)})
    return splits, drops


def _columns(table: pa.Table, context: Context) -> _Columns:
    keys = context.columns(table, partial(_keys, task=context.task))
    roles = pc.struct_field(table.column("source"), "role")
    unlabelled = pc.or_(pc.is_null(table.column("target")), pc.equal(roles, "unlabelled"))
    return _Columns(
        table.column("id").to_pylist(),
        [sys.intern(role) for role in roles.to_pylist()],
        pc.struct_field(table.column("source"), "trusted").to_pylist(),
        unlabelled.to_pylist(),
        table.column("group").to_pylist(),
        keys.column("key").to_pylist(),
        keys.column("stratum").to_pylist(),
    )


def _keys(part: pa.Table, task: Task) -> pa.Table:
    """The key of what must not stand in two splits, and the class, of each record."""
    kind = task_type(task)
    records = list(to_contents(part))
    keys = [text_key(kind.unit(record)) for record in records]
    strata = pa.array([kind.stratum(record) for record in records], pa.string())
    return pa.table({"key": pa.array(keys, pa.string()), "stratum": strata})


def _groups(columns: _Columns) -> dict[str, list[int]]:
    """Rows of each group, under the smallest of the members' groups and text keys."""
    size = len(columns.keys)
    root = components(size, same_value(columns.keys) + same_value(columns.own_groups)).tolist()
    names: dict[int, str] = {}
    for n, (group, key) in enumerate(zip(columns.own_groups, columns.keys, strict=True)):
        name = group or key
        names[root[n]] = min(name, names.get(root[n], name))
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for n in range(size):
        groups[names[root[n]]].append(n)
    return groups


def _preset(roles: set[str]) -> str | None:
    return next((role for role in ("benchmark", "test", "dev") if role in roles), None)


def _of_role(role: str, columns: _Columns) -> Callable[[int], bool]:
    return lambda n: columns.roles[n] == role


def _allowed(part: Part, trust: bool, columns: _Columns) -> Callable[[int], bool]:
    """Whether a row may be in a drawn split."""
    asked = part.trusted_only and trust
    return lambda n: not columns.unlabelled[n] and (columns.trusted[n] or not asked)


def _member(split: str, settings: Splits, trust: bool, columns: _Columns) -> Callable[[int], bool]:
    """Whether a row of a group that was drawn into `split` may stay."""
    drawn = {"dev": settings.dev, "test": settings.test}
    return _allowed(drawn[split], trust, columns) if split in drawn else lambda n: True


def _tell_empty(
    splits: Sequence[str | None],
    groups: Mapping[str, Sequence[int]],
    settings: Splits,
    notes: dict[str, Any],
    unlabelled: bool,
) -> None:
    """Say which splits hold nothing, and how large the largest group is: mostly that is why."""
    wanted = [("train", 1.0), ("dev", settings.dev.share), ("test", settings.test.share)]
    empty = [split for split, share in wanted if share and splits and split not in splits]
    notes["empty_splits"] = empty
    if empty:
        name = max(groups, key=lambda one: (len(groups[one]), one))
        size = f"{len(groups[name]):,} of {len(splits):,} records"
        why = f"{len(groups):,} groups in all; the largest ({name}) holds {size}"
        notes["empty_why"] = "no record has a label" if unlabelled else why
        log.warning("clean     no record is in %s: %s", " and ".join(empty), notes["empty_why"])


def _tell_missing(notes: Mapping[str, Any]) -> None:
    """Say which classes of train a split that holds something lacks: the figures there are not of them."""
    for split, names in notes["classes_missing"].items():
        if split not in notes["empty_splits"]:
            named = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
            log.warning(
                "clean     %s has no record of %d classes that train has, and too few groups to move: %s",
                split,
                len(names),
                named,
            )


def _within_limit(
    sizes: dict[str, int], draws: dict[str, float], part: Part, split: str, notes: dict[str, object]
) -> list[str]:
    """The groups with the smallest draws that fit in `max_records` records; one that does not fit is passed over."""
    total = 0
    chosen: list[str] = []
    for name in sorted(sizes, key=lambda name: draws[name]):
        if part.max_records is not None and total + sizes[name] > part.max_records:
            continue
        total += sizes[name]
        chosen.append(name)
    if len(chosen) < len(sizes):
        notes[f"{split}_limit"] = (
            f"max_records {part.max_records} left out {len(sizes) - len(chosen)} of {len(sizes)} groups"
        )
    return chosen


def _by_class(strata: Sequence[str | None], splits: Sequence[str | None]) -> defaultdict[str, Counter[str]]:
    """Split -> how many records of each class it has."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for stratum, split in zip(strata, splits, strict=True):
        if split:
            found[split][stratum or "(none)"] += 1
    return found


class _Counts(TypedDict):
    """Split -> records by class; and split -> the classes of train that it lacks."""

    by_class: dict[str, dict[str, int]]
    classes_missing: dict[str, list[str]]


def _counts(strata: Sequence[str | None], splits: Sequence[str | None]) -> _Counts:
    by_class = _by_class(strata, splits)
    classes = set(by_class["train"]) - {"(none)"}
    lacking = {split: sorted(classes - set(by_class[split])) for split in ("dev", "test")}
    return {
        "by_class": {split: dict(sorted(counts.items())) for split, counts in sorted(by_class.items()) if counts},
        "classes_missing": {split: names for split, names in lacking.items() if names},
    }
