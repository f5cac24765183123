"""Whether labels lean on what should not decide them: source, language, length or any declared attribute."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow.compute as pc

from pipeline.core.record import META, Record
from pipeline.tasks.texts import target_text
from pipeline.validate.dataset_view import RECORD_COLUMNS, View
from pipeline.validate.report_types import Association, Skew, Slice

#: Slices of one attribute that are listed: the largest. A guess: not measured.
_SLICES = 20
_SMALL = 5  # smaller groups say nothing; of many records, groups below a thousandth; a guess: not measured
_LENGTHS = (50, 100, 200, 400, 800, 1600)  # a guess: not measured
_BANDS = ("0-50", "51-100", "101-200", "201-400", "401-800", "801-1600", "1601+")


def skew(view: View, attributes: Sequence[str]) -> list[Skew]:
    """One entry an attribute: how strongly it goes with the label (0 not at all, 1 entirely), and its slices.

    Classes are measured by Cramer's V with Bergsma's bias correction (2013); tasks without classes by the
    correlation ratio of the target's size. Attributes with fewer than two groups of some size are left out.
    """
    records = view.labelled.where(pc.is_null(view.labelled.table["parent_id"]))
    answers = [view.kind.stratum(record) for record in records]
    has_classes = any(answer is not None for answer in answers)
    sizes = [] if has_classes else [size_of(record.target) for record in records]
    least = max(_SMALL, len(records) // 1000)
    found: list[Skew] = []
    for attribute in attributes:
        values = [value_of(view, attribute, record) for record in records]
        large = [name for name, n in Counter(values).most_common() if n >= least]
        if len(large) > 1:
            measured = _classes(values, answers, large) if has_classes else _sizes(values, sizes, large)
            found.append({"attribute": attribute, **measured})
    return found


def value_of(view: View, attribute: str, record: Record) -> str:
    """An attribute of a record: `length` in bands, else a column of the record or of the task's own."""
    if attribute == "length":
        size = len(view.kind.main_text(record))
        return _BANDS[bisect_left(_LENGTHS, size)]
    if attribute in RECORD_COLUMNS:
        return str(RECORD_COLUMNS[attribute](record) or "(none)")
    if attribute.startswith(META):
        return record.meta.get(attribute.removeprefix(META), "(none)")
    return str(view.kind.row(record)[attribute])


def cramers_v(table: Sequence[Sequence[int]]) -> float:
    """Bias-corrected Cramer's V of a contingency table: `cramers_v([[50, 0], [0, 50]])` is 1."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    n = sum(rows)
    rows_used, columns_used = sum(map(bool, rows)), sum(map(bool, columns))
    if n < 2 or min(rows_used, columns_used) < 2:
        return 0.0
    phi2 = max(0.0, _chi_squared(table, rows, columns) / n - (rows_used - 1) * (columns_used - 1) / (n - 1))
    sizes = [size - (size - 1) ** 2 / (n - 1) for size in (rows_used, columns_used)]
    return math.sqrt(phi2 / (min(sizes) - 1)) if min(sizes) > 1 else 0.0


def correlation_ratio(groups: Sequence[Sequence[float]]) -> float:
    """Eta: the share of a number's spread that the groups explain, as a root: 0 none, 1 all."""
    values = [value for group in groups for value in group]
    mean = sum(values) / len(values)
    whole = sum((value - mean) ** 2 for value in values)
    between = sum(len(group) * (sum(group) / len(group) - mean) ** 2 for group in groups)
    return math.sqrt(between / whole) if whole > 0 else 0.0


def size_of(target: object) -> float:
    """What stands for a target that is no class: the number itself, or how long or many it is."""
    if isinstance(target, int | float):
        return float(target)
    return float(len(target if isinstance(target, list) else target_text(target)))


def _class_counts(
    values: Sequence[str], answers: Sequence[str | None], large: Sequence[str]
) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in large}
    for (value, answer), n in Counter(zip(values, answers, strict=True)).items():
        if value in counts and answer is not None:
            counts[value][answer] += n
    return counts


def _chi_squared(table: Sequence[Sequence[int]], rows: Sequence[int], columns: Sequence[int]) -> float:
    """Of the cells whose row and column hold anything; `rows` and `columns` are the sums."""
    n = sum(rows)
    return sum(
        (count - rows[i] * columns[j] / n) ** 2 / (rows[i] * columns[j] / n)
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        if rows[i] and columns[j]
    )


def _classes(values: Sequence[str], answers: Sequence[str | None], large: Sequence[str]) -> Association:
    """Cramer's V of attribute and class, and the class counts of the largest groups."""
    counts = _class_counts(values, answers, large)
    classes = sorted({answer for one in counts.values() for answer in one})
    table = [[counts[name][answer] for answer in classes] for name in sorted(large)]
    slices: list[Slice] = [
        {"slice": name, "records": counts[name].total(), "classes": dict(sorted(counts[name].items()))}
        for name in _largest({name: one.total() for name, one in counts.items()})
    ]
    return {"measure": "cramers_v", "value": round(min(1.0, cramers_v(table)), 4), "slices": slices}


def _sizes(values: Sequence[str], sizes: Sequence[float], large: Sequence[str]) -> Association:
    """Correlation ratio of attribute and target size, and the mean size of the largest groups."""
    groups: dict[str, list[float]] = {name: [] for name in sorted(large)}
    for value, size in zip(values, sizes, strict=True):
        if value in groups:
            groups[value].append(size)
    slices: list[Slice] = [
        {"slice": name, "records": len(groups[name]), "mean": round(sum(groups[name]) / len(groups[name]), 3)}
        for name in _largest({name: len(group) for name, group in groups.items()})
    ]
    ratio = round(correlation_ratio(list(groups.values())), 4)
    return {"measure": "correlation_ratio", "value": ratio, "slices": slices}


def _largest(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))[:_SLICES]
