"""What came of the expectations: findings, and the sections of the Data Docs, kept so that equal ones do not run again.

Great Expectations takes seconds to load. Of a large table that a change left as it was in every column that some
expectation reads, and in what our own checks say, the results are those of the earlier run, and it is not loaded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import NamedTuple

from pipeline.runtime.part_cache import FEWEST_ROWS, digest, kept
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, Rule
from pipeline.validate.finding import Finding, columns_read


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


def _fresh(rules: Sequence[Rule], checks: Sequence[Check], view: View) -> Results:
    from pipeline.validate.data_docs_sections import rendered
    from pipeline.validate.gx import run_suite

    findings, outcome = run_suite(rules, checks, view)
    version = str(outcome.meta["great_expectations_version"])
    return Results(findings, rendered(findings, outcome), version)
