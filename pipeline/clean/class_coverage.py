"""Classes that a drawn split lacks: one of a few dozen groups gets one moved there, and what cannot be helped is told.

A draw that looks at group names alone leaves a class of 24 groups out of a tenth with chance .08. The group that is
moved is the one whose draw comes next, so where the class is drawn by itself later (more data), no other record moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

#: Groups that a class must have for a split to be owed one of them.
MIN_GROUPS = 24


def missing_classes(
    groups: Mapping[str, Sequence[int]],
    parts: Mapping[str, str],
    draws: Mapping[str, float],
    strata: Sequence[str | None],
    split: str,
    start: float,
    allowed: Callable[[int], bool],
) -> tuple[dict[str, str], list[str]]:
    """Groups to move into `split` (group -> class), and classes that lack it and are too small to give it one.

    `parts` holds the groups that are taken already. `start` is where the split's draws begin; of a class's free groups
    the one with the smallest draw from there on is moved.
    """
    free: defaultdict[str, set[str]] = defaultdict(set)
    of_class: defaultdict[str, set[str]] = defaultdict(set)
    covered: set[str] = set()
    for name, rows in groups.items():
        for n in rows:
            stratum = strata[n] or "(none)"
            of_class[stratum].add(name)
            if parts.get(name) == split and allowed(n):
                covered.add(stratum)
            elif name not in parts and allowed(n):
                free[stratum].add(name)
    moved: dict[str, str] = {}
    too_small = []
    for stratum in sorted(set(free) - covered):
        if len(of_class[stratum]) < MIN_GROUPS or len(free[stratum]) < 2:
            too_small.append(stratum)
        elif not any(stratum in {strata[n] or "(none)" for n in groups[name]} for name in moved):
            moved[min(free[stratum], key=lambda name: ((draws[name] - start) % 1.0, name))] = stratum
    return moved, too_small
