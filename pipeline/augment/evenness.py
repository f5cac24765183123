"""What the gate leaves of a method must not bend the classes.

Methods and gate lose more children in some classes than in others: texts without a swappable word, classes that the
gate's model knows badly. With few rows a class, a classifier then learns the uneven frequencies instead of the texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.augment.candidates import Candidate
from pipeline.augment.gate import Verdicts
from pipeline.augment.policy import Draw
from pipeline.record import Record, share
from pipeline.settings import Task
from pipeline.stage import Drop
from pipeline.tasks import task_type

#: Class -> number of records, or of children.
Counts = Mapping[str | None, int]


def check_evenness(
    accepted: Sequence[Candidate],
    draws: Sequence[Draw],
    parents: Sequence[Record],
    task: Task,
    tolerance: float,
) -> tuple[Verdicts, dict[str, Any]]:
    """uneven: children by which a class would outgrow its share of the train split (see `allowed`), per method.

    Which of a class's children go is decided by a draw of their ids. The notes tell, per method, how far the class
    that grew most lies above the share it may have (1: not at all), before and after.
    """
    kind = task_type(task)
    sizes = Counter(kind.stratum(record) for record in parents)
    verdicts: Verdicts = {}
    notes: dict[str, Any] = {}
    for method in dict.fromkeys(c.method for c in accepted):
        planned = Counter(kind.stratum(draw.parent) for draw in draws if draw.method == method)
        own: dict[str | None, list[Candidate]] = defaultdict(list)
        for candidate in accepted:
            if candidate.method == method:
                own[kind.stratum(candidate.parent)].append(candidate)
        have = {name: len(children) for name, children in own.items()}
        most = allowed(sizes, planned, have, tolerance)
        for name, children in own.items():
            detail = f"{have[name]} of {planned[name]} planned children of '{name}' passed the rest of the gate, where "
            detail += f"more than {most[name]} would bend the classes: other classes lost more of theirs"
            in_order = sorted(children, key=lambda c: (share("even", c.child.id), c.child.id))
            verdicts |= {c.child.id: Drop("uneven", detail) for c in in_order[most[name] :]}
        notes[method] = {
            "classes_without_children": sum(not have.get(name) for name in planned),
            "most_over_its_share": round(_over(sizes, planned, have), 3),
            "afterwards": round(_over(sizes, planned, most), 3),
        }
    return verdicts, notes


def allowed(sizes: Counts, planned: Counts, have: Counts, tolerance: float) -> dict[str | None, int]:
    """How many of the children it has each class may keep.

    No class's share of all records may exceed by more than `tolerance` both its share without children and its share
    in the plan: an uneven plan (`fill_to`, `per_class`) is kept to, and so is one that was carried out in part only.
    Since fewer children make the total smaller, this is repeated until it holds. A class may always keep one child, and
    children up to `tolerance` of its size, so no class that lost all of its own starves the others.

    >>> allowed({"a": 100, "b": 100}, {"a": 80, "b": 80}, {"a": 0, "b": 80}, 0.1)
    {'b': 22}
    """
    targets = _targets(sizes, planned)
    keep = dict(have)
    while True:
        total = sum(sizes.values()) + sum(keep.values())
        limits = {name: int((1 + tolerance) * targets[name] * total + 1e-9) - sizes.get(name, 0) for name in keep}
        fewer = {name: min(number, max(1, limits[name])) for name, number in keep.items()}
        if fewer == keep:
            return keep
        keep = fewer


def _targets(sizes: Counts, planned: Counts) -> dict[str | None, float]:
    """Each class's largest rightful share of all records."""
    before, after = sum(sizes.values()), sum(sizes.values()) + sum(planned.values())
    return {name: max(size / before, (size + planned.get(name, 0)) / after) for name, size in sizes.items()}


def _over(sizes: Counts, planned: Counts, have: Counts) -> float:
    """The largest ratio of a class's share with its children to the share it may have, of classes with children."""
    total = sum(sizes.values()) + sum(have.values())
    targets = _targets(sizes, planned)
    return max([(sizes[name] + number) / total / targets[name] for name, number in have.items() if number], default=1.0)
