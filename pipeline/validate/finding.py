"""The outcome of one expectation, and which columns expectations read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from pipeline.validate.expectations.base import Check
from pipeline.validate.report_types import Expected


@dataclass(frozen=True)
class Finding:
    """The outcome of one expectation. `first` names at most 20 failing records, or problems, and why.

    `key` is the same for the same check in every version. `gauges` are its figures with their bounds, the one that
    lies nearest to its bound first.
    """

    expect: str
    severity: str
    passed: bool
    title: str
    note: str
    observed: str
    unexpected: int
    checked: int
    first: tuple[Mapping[str, str], ...]
    settings: Mapping[str, Any]
    key: str
    gauges: tuple[Mapping[str, Any], ...]

    def as_dict(self) -> Expected:
        """For report.json."""
        return cast("Expected", asdict(self))


def columns_read(checks: Sequence[Check]) -> list[str]:
    """The columns that some check reads, and the id."""
    return ["id", *sorted({check.arguments["column"] for check in checks if "column" in check.arguments} - {"id"})]
