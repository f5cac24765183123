"""What came of the expectations: findings, and the sections of the Data Docs, kept so that equal ones do not run again.

Great Expectations takes seconds to load. Of a large table that a change left as it was in every column that some
expectation reads, and in what our own checks say, the results are those of the earlier run, and it is not loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, cast

from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, Rule
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


class Results(NamedTuple):
    """One finding a rule, in order; the sections of the Data Docs as HTML, and the version that made them."""

    findings: list[Finding]
    sections: str
    version: str


def results(rules: Sequence[Rule], checks: Sequence[Check], view: View) -> Results:
    """What Great Expectations finds, now or in an earlier run on the same columns."""
    if len(view.records) < FEWEST_ROWS:
        return _fresh(rules, checks, view)
    asked = [[rule.model_dump(mode="json"), asdict(check)] for rule, check in zip(rules, checks, strict=True)]
    read = {name: view.column(name) for name in columns_read(checks)}
    inputs = digest([json.dumps(part, ensure_ascii=True, default=str) for part in (asked, read)])
    return kept("expectations", inputs, lambda: _fresh(rules, checks, view))


def columns_read(checks: Sequence[Check]) -> list[str]:
    """The columns that some check reads, and the id."""
    return ["id", *sorted({check.arguments["column"] for check in checks if "column" in check.arguments} - {"id"})]


def _fresh(rules: Sequence[Rule], checks: Sequence[Check], view: View) -> Results:
    from pipeline.validate.data_docs_sections import rendered
    from pipeline.validate.gx import run_suite

    findings, outcome = run_suite(rules, checks, view)
    version = str(outcome.meta["great_expectations_version"])
    return Results(findings, rendered(findings, outcome), version)
