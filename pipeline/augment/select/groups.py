"""How many records of each group a selection keeps: evenly over the groups, or by quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.augment.params import SelectSettings
from pipeline.core.errors import PipelineError
from pipeline.core.record import META, Record
from pipeline.core.registry import did_you_mean

_WHERE = "params.yaml: augment.select"


def groups_of(pool: Sequence[Record], settings: SelectSettings) -> list[str]:
    """Each record's group; "" for a record without the tag, and for all where nothing is spread.

    Raises PipelineError for a tag that no record has, and for quotas of groups that are not there.
    """
    over = settings.spread_over
    if over is None:
        return [""] * len(pool)
    found = [_group(record, over) for record in pool]
    if pool and not any(found):
        tags = {META + name for name in set().union(*(record.meta for record in pool))}
        raise PipelineError(f"{_WHERE}.spread_over: no record has '{over}'.", did_you_mean(over, tags))
    strange = next((name for name in settings.quotas if name not in found), None)
    if strange is not None:
        hint = did_you_mean(strange, set(found) - {""})
        raise PipelineError(f"{_WHERE}.quotas: no record has {over} '{strange}'.", hint)
    return found


def _group(record: Record, over: str) -> str:
    if over == "source":
        return record.source.name
    return record.lang if over == "lang" else record.meta.get(over.removeprefix(META), "")


def room(groups: Sequence[str], size: int, settings: SelectSettings) -> dict[str, int]:
    """Group -> how many of it are kept, `size` in all; no group more than it has."""
    have = Counter(groups)
    wanted = _wanted(have, settings)
    found: dict[str, int] = dict.fromkeys(have, 0)
    left = min(size, sum(have.values()))
    while left:
        open_ones = {name: wanted[name] for name in sorted(have) if found[name] < have[name]}
        total = sum(open_ones.values())
        if not total:  # only groups without a share are left
            open_ones = {name: float(have[name]) for name in open_ones}
            total = sum(open_ones.values())
        before = left
        for name, share in open_ones.items():
            more = min(have[name] - found[name], int(before * share / total))
            found[name] += more
            left -= more
        if left == before:  # less than one for each: to those with the largest shares
            name = max(open_ones, key=lambda one: (open_ones[one] - found[one] * total / size, one))
            found[name] += 1
            left -= 1
    return found


def _wanted(have: Mapping[str, int], settings: SelectSettings) -> dict[str, float]:
    """Group -> its share of what is kept."""
    if not settings.quotas:
        return dict.fromkeys(have, 1 / max(len(have), 1))
    others = sum(count for name, count in have.items() if name not in settings.quotas)
    rest = 1 - sum(settings.quotas.values())
    return {name: settings.quotas.get(name, rest * count / max(others, 1)) for name, count in have.items()}
