"""What an expectation is made of: its settings, and the check it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import Field

from pipeline.settings import Settings
from pipeline.validate.view import View

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
class Check:
    """An expectation ready to run: a Great Expectations class with its arguments.

    `verdicts` adds a helper column to the table: null for a sound record, else what is wrong with
    it in one sentence. `problems` serves checks that are not about single records.
    """

    title: str
    gx: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    verdicts: Sequence[str | None] | None = None
    facts: str = ""


class Expectation(NamedTuple):
    """One line of `EXPECTATIONS`: the settings class, and the function that makes the check."""

    rule: type[Rule]
    check: Callable[[Any, View], Check]


#: Name of our own Great Expectations class, see gx.py.
NO_PROBLEMS = "ExpectNoProblems"


def verdicts(title: str, reasons: Sequence[str | None], share: float = 1.0, facts: str = "") -> Check:
    """A check from one verdict a record: None, or what is wrong."""
    return Check(title, "ExpectColumnValuesToBeNull", {"mostly": share}, reasons, facts)


def totals(title: str, problems: Sequence[str], observed: str) -> Check:
    """A check on the whole table: what was seen, and one sentence a problem."""
    return Check(title, NO_PROBLEMS, {"problems": list(problems), "observed": observed})


def within(low: float | None, high: float | None) -> str:
    """Bounds in words: `at least 3`, `at most 9`, `between 3 and 9`."""
    if low is None:
        return "any" if high is None else f"at most {high:,.10g}"
    return f"at least {low:,.10g}" if high is None else f"between {low:,.10g} and {high:,.10g}"


def mostly(share: float) -> str:
    """The words that a share below one adds to a title."""
    return "" if share == 1 else f" in at least {share:.4g} of the records"
