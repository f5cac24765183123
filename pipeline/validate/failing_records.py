"""Every record that breaks an expectation, and why: what report.json names the first of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from pipeline.core.errors import shorten
from pipeline.validate.dataset_view import Cell, View
from pipeline.validate.expectations.base import Arguments, Check
from pipeline.validate.finding import Finding

#: Columns of failing.parquet: the expectation with its key (the same in every version), the record and why.
FAILING = pa.schema(
    {name: pa.string() for name in ("expect", "check", "title", "severity", "record_id", "why")},
)


def failing(checks: Sequence[Check], findings: Sequence[Finding], view: View) -> pa.Table:
    """One row a record and expectation that it breaks, whether or not the expectation allows some; in their order."""
    ids = view.column("id")
    rows = [
        {
            "expect": finding.expect,
            "check": finding.key,
            "title": finding.title,
            "severity": finding.severity,
            "record_id": ids[n],
            "why": why,
        }
        for check, finding in zip(checks, findings, strict=True)
        for n, why in broken(check, view)
    ]
    return pa.Table.from_pylist(rows, schema=FAILING)


def broken(check: Check, view: View) -> Iterator[tuple[int, str]]:
    """Row numbers and reasons of one check; nothing for a check of the whole table, whose problems are no records."""
    if check.verdicts is not None:
        yield from ((n, why) for n, why in enumerate(check.verdicts) if why is not None)
    elif check.gx in _PROBLEM_OF:
        values = list(view.column(check.arguments["column"]))
        problem = _PROBLEM_OF[check.gx](check.arguments, values)
        yield from ((n, _said(value)) for n, value in enumerate(values) if problem(value))


def _said(value: object) -> str:
    return "no value" if _is_missing(value) else shorten(value, 200)


def _is_missing(value: object) -> bool:
    return value is None or value != value


#: Whether a value breaks the rule.
Problem = Callable[[Cell], bool]


def _missing(arguments: Arguments, values: Sequence[Cell]) -> Problem:
    return _is_missing


def _repeated(arguments: Arguments, values: Sequence[Cell]) -> Problem:
    counts = Counter(value for value in values if not _is_missing(value))
    return lambda value: not _is_missing(value) and counts[value] > 1


def _foreign(arguments: Arguments, values: Sequence[Cell]) -> Problem:
    allowed = set(arguments["value_set"])
    return lambda value: not _is_missing(value) and value not in allowed


def _outside(arguments: Arguments, values: Sequence[Cell]) -> Problem:
    low, high = arguments.get("min_value", -math.inf), arguments.get("max_value", math.inf)
    return lambda value: isinstance(value, int | float) and (value < low or value > high)


def _of_another_length(arguments: Arguments, values: Sequence[Cell]) -> Problem:
    outside = _outside(arguments, values)
    return lambda value: isinstance(value, str) and outside(len(value))


#: Expectations of Great Expectations that the suite uses on columns.
_PROBLEM_OF: Mapping[str, Callable[[Arguments, Sequence[Cell]], Problem]] = {
    "ExpectColumnValuesToNotBeNull": _missing,
    "ExpectColumnValuesToBeUnique": _repeated,
    "ExpectColumnValuesToBeInSet": _foreign,
    "ExpectColumnValuesToBeBetween": _outside,
    "ExpectColumnValueLengthsToBeBetween": _of_another_length,
}
