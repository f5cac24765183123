"""What an expectation is made of: its settings, and the check it becomes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from pydantic import Field

from pipeline.core.settings import Settings
from pipeline.validate.dataset_view import View

Severity = Literal["error", "warn"]


class Rule(Settings):
    """What every entry of `validate.suite` may say."""

    expect: str  # a name in EXPECTATIONS
    severity: Severity = "error"  # error: the run stops; warn: it is reported
    note: str = ""  # why the team wants it; shown in the Data Docs


class ShareRule(Rule):
    """A rule on records that a small part of them may break."""

    share: float = Field(1.0, ge=0, le=1)  # smallest share of records that must keep the rule


class ColumnRule(ShareRule):
    """A rule on the values of one column."""

    column: str  # a column of the final table; see docs/validation.md


@dataclass(frozen=True)
class Gauge:
    """A figure that an expectation holds between bounds; None: no bound on that side.

    `unit` says how it reads: share, count or distance (0 to 1).
    """

    value: float
    low: float | None = None
    high: float | None = None
    unit: Literal["share", "count", "distance"] = "share"

    @property
    def room(self) -> float:
        """How far the figure may move before it breaks a bound, relative to the bound; below 0: it is broken."""
        rooms = [(self.value - self.low) / (self.low or 1)] if self.low is not None else []
        rooms += [(self.high - self.value) / (self.high or 1)] if self.high is not None else []
        return min(rooms, default=math.inf)


class Arguments(TypedDict, total=False):
    """Arguments of the Great Expectations classes that the suite uses."""

    column: str
    mostly: float
    value_set: Sequence[str]
    min_value: float
    max_value: float
    problems: Sequence[str]
    observed: str


@dataclass(frozen=True)
class Check:
    """An expectation ready to run: a Great Expectations class with its arguments.

    `verdicts` adds a helper column to the table: null for a sound record, else what is wrong with
    it in one sentence. `problems` serves checks that are not about single records; `gauges` are their figures, so
    that two versions compare (checks of records have one by themselves: the share of records that keep the rule).
    """

    title: str
    gx: str
    arguments: Arguments = field(default_factory=Arguments)
    verdicts: Sequence[str | None] | None = None
    facts: str = ""
    gauges: Mapping[str, Gauge] = field(default_factory=dict)


#: The function of an expectation: `(rule, the final table) -> the check to run`.
MakeCheck = Callable[[Any, View], Check]


#: Name of our own Great Expectations class, see gx.py.
NO_PROBLEMS = "ExpectNoProblems"


def verdicts(title: str, reasons: Sequence[str | None], share: float = 1.0, facts: str = "") -> Check:
    """A check from one verdict a record: None, or what is wrong."""
    return Check(title, "ExpectColumnValuesToBeNull", {"mostly": share}, reasons, facts)


def totals(title: str, problems: Sequence[str], observed: str, **gauges: Gauge) -> Check:
    """A check on the whole table: what was seen, one sentence a problem, and the figures behind it."""
    return Check(title, NO_PROBLEMS, {"problems": list(problems), "observed": observed}, gauges=gauges)


def within(low: float | None, high: float | None) -> str:
    """Bounds in words: `at least 3`, `at most 9`, `between 3 and 9`."""
    if low is None:
        return "any" if high is None else f"at most {high:,.6g}"
    return f"at least {low:,.6g}" if high is None else f"between {low:,.6g} and {high:,.6g}"


def mostly(share: float) -> str:
    """The words that a share below one adds to a title."""
    return "" if share == 1 else f" in at least {share:.4g} of the records"
