"""What the gate leaves of a method must not bend the classes.

Methods and gate lose more children in some classes than in others: texts without a swappable word, classes that the
gate's model knows badly. With few rows a class, a classifier then learns the uneven frequencies instead of the texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.augment.candidates import Candidate
from pipeline.augment.gate.checks import Verdicts
from pipeline.augment.policy import Draw
from pipeline.core.record import Record, share
from pipeline.core.settings import Task
from pipeline.runtime.stage import Drop
from pipeline.tasks import TaskType, task_type

#: Part of the classes that may lag behind the others.
#: Chosen on train rows that other draws of benchmarks/augmentation.py leave out.
LAGGING = 0.1

#: Class -> number of records, or of children.
Counts = Mapping[str | None, int]


def _by_class(candidates: Sequence[Candidate], kind: TaskType) -> dict[str | None, list[Candidate]]:
    own: dict[str | None, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        own[kind.stratum(candidate.parent)].append(candidate)
    return own


def _by_lot(children: Sequence[Candidate]) -> list[Candidate]:
    """In the order of a draw of their ids."""
    return sorted(children, key=lambda c: (share("even", c.child.id), c.child.id))


def check_class_balance(
    accepted: Sequence[Candidate],
    draws: Sequence[Draw],
    parents: Sequence[Record],
    task: Task,
    tolerance: float,
) -> tuple[Verdicts, dict[str, object]]:
    """uneven: children beyond what is `allowed` to their class, per method.

    Which of a class's children go is decided by a draw of their ids. The notes tell, per method, how uneven the
    classes are against the plan (`_spread`; 1: not at all), before and after.
    """
    kind = task_type(task)
    sizes = Counter(kind.stratum(record) for record in parents)
    verdicts: Verdicts = {}
    notes: dict[str, Any] = {}
    for method in dict.fromkeys(c.method for c in accepted):
        planned = Counter(kind.stratum(draw.parent) for draw in draws if draw.method == method)
        own = _by_class([c for c in accepted if c.method == method], kind)
        have = {name: len(children) for name, children in own.items()}
        most = allowed(sizes, planned, have, tolerance)
        for name, children in own.items():
            detail = f"{have[name]} of {planned[name]} planned examples of '{name}' passed the rest of the gate, where "
            detail += f"more than {most[name]} would shift the class balance: other classes lost more of theirs"
            verdicts |= {c.child.id: Drop("class_imbalance", detail) for c in _by_lot(children)[most[name] :]}
        notes[method] = {
            "classes_without_examples": sum(not have.get(name) for name in planned),
            "imbalance": round(_spread(sizes, planned, have), 3),
            "imbalance_after": round(_spread(sizes, planned, most), 3),
        }
    return verdicts, notes


def allowed(sizes: Counts, planned: Counts, have: Counts, tolerance: float) -> dict[str | None, int]:
    """How many of the children it has each class may keep.

    A class is to have its records and the same part of its planned children as any other class, give or take
    `tolerance` of both: an uneven plan (`fill_to`, `per_class`) is kept to. That part is what all classes come to, but
    for the tenth that lost most: one class of many that lost all does not starve the others. Where there are too few
    classes for that, the tolerance on either side still leaves each about twice `tolerance` of its size in children.
    And up to the size of the largest class without children every class may grow as planned: to fill up bends nothing.

    >>> allowed({"a": 100, "b": 100}, {"a": 80, "b": 80}, {"a": 0, "b": 80}, 0.05)
    {'a': 0, 'b': 10}
    """
    part = _common_part(sizes, planned, have, tolerance)
    largest = max(sizes.values())
    limits = {name: int((1 + tolerance) * (sizes[name] + part * planned[name]) + 1e-9) for name in have}
    return {name: min(number, max(limits[name], largest) - sizes[name]) for name, number in have.items()}


def _common_part(sizes: Counts, planned: Counts, have: Counts, tolerance: float) -> float:
    """The part of its plan, 0 to 1, that each class but a tenth has come to, given `tolerance` of its records."""
    parts = sorted(
        min(1.0, ((sizes[name] + have.get(name, 0)) / (1 - tolerance) - sizes[name]) / number)
        for name, number in planned.items()
        if number
    )
    return parts[int(LAGGING * len(parts))] if parts else 1.0


def _spread(sizes: Counts, planned: Counts, have: Counts) -> float:
    """The largest ratio of two classes' records with children, each against what was planned of it."""
    done = [(size + have.get(name, 0)) / (size + planned.get(name, 0)) for name, size in sizes.items()]
    return max(done) / min(done)
