"""Whether labels lean on what should not decide them: source, language, length or any declared attribute."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.record import Record
from pipeline.validate.view import RECORD_COLUMNS, View

#: Slices of one attribute that are listed: the largest.
_SLICES = 20
_SMALL = 5  # smaller groups say nothing; of many records, groups below a thousandth
_LENGTHS = (50, 100, 200, 400, 800, 1600)


def skew(view: View, attributes: Sequence[str]) -> list[dict[str, Any]]:
    """One entry an attribute: how strongly it goes with the label (0 not at all, 1 entirely), and its slices.

    Classes are measured by Cramer's V with Bergsma's bias correction (2013); tasks without classes by the
    correlation ratio of the target's size. Attributes with fewer than two groups of some size are left out.
    """
    records = [record for record in view.records if record.target is not None and record.parent_id is None]
    found = []
    for attribute in attributes:
        groups: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            groups[value_of(view, attribute, record)].append(record)
        least = max(_SMALL, len(records) // 1000)
        large = {name: group for name, group in groups.items() if len(group) >= least}
        if len(large) > 1:
            found.append({"attribute": attribute, **_measure(view, large), "slices": _slices(view, large)})
    return found


def value_of(view: View, attribute: str, record: Record) -> str:
    """An attribute of a record: `length` in bands, else a column of the record or of the task's own."""
    if attribute == "length":
        size = len(view.kind.main_text(record))
        low = max((edge + 1 for edge in _LENGTHS if edge < size), default=0)
        high = next((str(edge) for edge in _LENGTHS if size <= edge), "")
        return f"{low}-{high}" if high else f"{low}+"
    if attribute in RECORD_COLUMNS:
        return str(RECORD_COLUMNS[attribute](record) or "(none)")
    return str(view.kind.row(record)[attribute])


def cramers_v(table: Sequence[Sequence[int]]) -> float:
    """Bias-corrected Cramer's V of a contingency table: `cramers_v([[50, 0], [0, 50]])` is 1."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    n = sum(rows)
    rows_used, columns_used = sum(map(bool, rows)), sum(map(bool, columns))
    if n < 2 or min(rows_used, columns_used) < 2:
        return 0.0
    chi2 = sum(
        (count - rows[i] * columns[j] / n) ** 2 / (rows[i] * columns[j] / n)
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        if rows[i] and columns[j]
    )
    phi2 = max(0.0, chi2 / n - (rows_used - 1) * (columns_used - 1) / (n - 1))
    sizes = [size - (size - 1) ** 2 / (n - 1) for size in (rows_used, columns_used)]
    return math.sqrt(phi2 / (min(sizes) - 1)) if min(sizes) > 1 else 0.0


def correlation_ratio(groups: Sequence[Sequence[float]]) -> float:
    """Eta: the share of a number's spread that the groups explain, as a root: 0 none, 1 all."""
    values = [value for group in groups for value in group]
    mean = sum(values) / len(values)
    whole = sum((value - mean) ** 2 for value in values)
    between = sum(len(group) * (sum(group) / len(group) - mean) ** 2 for group in groups)
    return math.sqrt(between / whole) if whole > 0 else 0.0


def _measure(view: View, groups: Mapping[str, list[Record]]) -> dict[str, Any]:
    classes = sorted({c for group in groups.values() for r in group if (c := view.kind.stratum(r)) is not None})
    if classes:
        table = []
        for group in groups.values():
            counts = Counter(view.kind.stratum(record) for record in group)
            table.append([counts[one] for one in classes])
        return {"measure": "cramers_v", "value": round(min(1.0, cramers_v(table)), 4)}
    sizes = [[size_of(record.target) for record in group] for group in groups.values()]
    return {"measure": "correlation_ratio", "value": round(correlation_ratio(sizes), 4)}


def size_of(target: Any) -> float:
    """What stands for a target that is no class: the number itself, or how long or many it is."""
    return float(target) if isinstance(target, int | float) else float(len(target))


def _slices(view: View, groups: Mapping[str, list[Record]]) -> list[dict[str, Any]]:
    largest = sorted(groups, key=lambda name: (-len(groups[name]), name))[:_SLICES]
    found = []
    for name in largest:
        classes = Counter(c for record in groups[name] if (c := view.kind.stratum(record)) is not None)
        sizes = [size_of(record.target) for record in groups[name]]
        shown = {"classes": dict(sorted(classes.items()))} if classes else {"mean": round(sum(sizes) / len(sizes), 3)}
        found.append({"slice": name, "records": len(groups[name]), **shown})
    return found
