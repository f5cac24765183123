"""Conditions on a row's columns, as `where` and `trusted_when` state them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.collect.params import Condition
from pipeline.core.numbers import as_number

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda cell, values: cell in values,
    "not in": lambda cell, values: cell not in values,
}


def first_failed(conditions: Sequence[Condition], values: Mapping[str, object]) -> str | None:
    """The first condition that the row does not meet, in words; None where it meets all."""
    for condition in conditions:
        if not holds(condition, values):
            wanted = f"{condition.op} {condition.value}"
            return f"{condition.column} is {values.get(condition.column)!r}, wanted {wanted}"
    return None


def holds(condition: Condition, values: Mapping[str, object]) -> bool:
    """Whether the cell meets the condition. `confidence >= 1` is false where the cell is empty or no number."""
    cell = _comparable(values.get(condition.column), condition.value)
    if cell is None:
        return condition.op in ("!=", "not in")
    return _OPERATORS[condition.op](cell, condition.value)


def _comparable(cell: object, wanted: object) -> object:
    """The cell as a number where numbers are wanted, as a text where texts are; None where it is none."""
    if isinstance(wanted, bool) or cell is None:
        return cell
    listed = wanted if isinstance(wanted, tuple) else (wanted,)
    return _number(cell) if all(isinstance(value, int | float) for value in listed) else str(cell)


def _number(cell: object) -> float | None:
    try:
        return as_number(cell)
    except ValueError:
        return None
