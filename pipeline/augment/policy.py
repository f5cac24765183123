"""How many children each training record gets from each method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from pipeline.record import Record, content_id, share
from pipeline.settings import Settings, Task
from pipeline.tasks import task_type


class MethodSettings(Settings):
    """What every method's settings hold. Each method adds its own."""

    enabled: bool = True  # false: stays listed, makes nothing
    factor: float = Field(default=0.0, ge=0, le=20)  # children per training record; 0.1 draws every tenth
    fill_to: float | None = Field(default=None, gt=0, le=1)  # bring thin classes to this share of the biggest class
    languages: tuple[str, ...] = ("en",)  # records in other languages get no child


@dataclass(frozen=True)
class Draw:
    """One child to be made: its parent and the text that all its random choices are drawn from."""

    method: str
    parent: Record
    seed: str


def parents(records: Sequence[Record]) -> list[Record]:
    """Records that may have children: labelled, in the train split, not children themselves."""
    return [r for r in records if r.split == "train" and r.target is not None and r.parent_id is None]


def plan(methods: Mapping[str, MethodSettings], records: Sequence[Record], task: Task, limit: int) -> list[Draw]:
    """All draws of all methods, at most `limit`; within a method in the order of `records`.

    Where there are more, each draw's own pseudo-random number decides, so that classes and
    methods are thinned alike and one record more moves few others.
    """
    able = parents(records)
    classes = Counter(task_type(task).stratum(record) for record in able)
    draws = [
        Draw(name, record, seed)
        for name, settings in methods.items()
        for record in able
        if record.lang in settings.languages
        for seed in _seeds(name, record.id, _children(settings, classes, task_type(task).stratum(record)))
    ]
    if len(draws) <= limit:
        return draws
    kept = {draw.seed for draw in sorted(draws, key=lambda draw: (share("budget", draw.seed), draw.seed))[:limit]}
    return [draw for draw in draws if draw.seed in kept]


def _children(settings: MethodSettings, classes: Counter[str | None], stratum: str | None) -> float:
    """Mean number of children for a record of this class. `fill_to` has no meaning without classes."""
    if settings.fill_to is None or stratum is None:
        return settings.factor
    missing = settings.fill_to * max(classes.values()) - classes[stratum]
    return max(settings.factor, missing / classes[stratum])


def _seeds(method: str, record_id: str, mean: float) -> list[str]:
    number = int(mean) + (share("children", method, record_id) < mean % 1)
    return [content_id("child", method, record_id, str(n)) for n in range(number)]
