"""Classes that a drawn split lacks: one of a few dozen groups gets one moved there, and what cannot be helped is told.

A draw that looks at group names alone leaves a class of 24 groups out of a tenth with chance .08. The group that is
moved is the one whose draw comes next, so where the class is drawn by itself later (more data), no other record moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

#: Groups that a class must have for a split to be owed one of them.
#: A tenth of the groups leaves 24 out with chance .08, see above.
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
    of_class, usable = _of_class(groups, strata, allowed)
    taken = {name for name, part in parts.items() if part == split}
    moved: dict[str, str] = {}
    too_small = []
    for stratum, names in sorted(usable.items()):
        free = names - parts.keys()
        if not free or names & taken:
            continue
        if len(of_class[stratum]) < MIN_GROUPS or len(free) < 2:
            too_small.append(stratum)
        elif not of_class[stratum] & moved.keys():
            moved[min(free, key=lambda name: ((draws[name] - start) % 1.0, name))] = stratum
    return moved, too_small


def _of_class(
    groups: Mapping[str, Sequence[int]], strata: Sequence[str | None], allowed: Callable[[int], bool]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Class -> the groups that hold a row of it, and those that hold one that is `allowed`."""
    found, usable = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for name, rows in groups.items():
        for n in rows:
            stratum = strata[n] or "(none)"
            found[stratum].add(name)
            if allowed(n):
                usable[stratum].add(name)
    return found, usable
