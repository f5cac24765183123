"""Great Expectations: builds the suite, runs it, reads the outcome. The only importer of the library.

The context is ephemeral: a file context rewrites random ids in tracked files on every run.
Imported late: the library takes about ten seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypedDict, cast

import great_expectations as gx
import pandas as pd
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.expectations import core
from great_expectations.expectations.expectation import BatchExpectation, Expectation

from pipeline.core.errors import shorten
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import NO_PROBLEMS, Check, Gauge, Rule
from pipeline.validate.finding import Finding, columns_read

#: How many failing records the report names. A guess: not measured.
NAMED = 20
#: Settings that make one check another one; all others are its bounds.
_ASPECTS = ("column", "split", "model", "losing")


class ExpectNoProblems(BatchExpectation):
    """A check on the whole table that our own code has made: passes when no problem was found."""

    metric_dependencies = ("table.row_count",)
    problems: list[str] = []  # noqa: RUF012 - a pydantic field, copied for every instance
    observed: str = ""

    def _validate(
        self,
        metrics: dict[str, object],
        runtime_configuration: dict[str, object] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, object]:
        return {
            "success": not self.problems,
            "result": {"observed_value": self.observed, "problems": list(self.problems)},
        }


def run_suite(
    rules: Sequence[Rule], checks: Sequence[Check], view: View
) -> tuple[list[Finding], ExpectationSuiteValidationResult]:
    """One finding per rule, in order, and the library's own result (for the Data Docs)."""
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # its temporary folder
    context = gx.get_context(mode="ephemeral")  # suites ask for it, so it comes first
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    suite = gx.ExpectationSuite(name="dataset")
    for n, (rule, check) in enumerate(zip(rules, checks, strict=True)):
        suite.add_expectation(_expectation(n, rule, check))
    if len(suite.expectations) != len(checks):
        raise RuntimeError(f"Great Expectations took {len(suite.expectations)} of {len(checks)} expectations")
    asset = context.data_sources.add_pandas("final table").add_dataframe_asset("records")
    batch = asset.add_batch_definition_whole_dataframe("all")
    definition = gx.ValidationDefinition(name="dataset", data=batch, suite=context.suites.add(suite))
    outcome = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": _frame(checks, view)},
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": ["id"],
            "partial_unexpected_count": NAMED,
        },
    )
    # The library reorders results; entry numbers travel in `meta`.
    results = sorted(outcome.results, key=_entry)
    outcome.results = results
    return [_finding(*item) for item in zip(rules, checks, results, strict=True)], outcome


def _entry(result: ExpectationValidationResult) -> int:
    """The number of the result's rule."""
    config = result.expectation_config
    return int(config.meta["entry"]) if config else -1


def _frame(checks: Sequence[Check], view: View) -> pd.DataFrame:
    columns = {name: view.column(name) for name in columns_read(checks)}
    helpers = {_helper(n): list(c.verdicts) for n, c in enumerate(checks) if c.verdicts is not None}
    return pd.DataFrame({**columns, **helpers})


def _helper(n: int) -> str:
    return f"verdict {n + 1}"


def _expectation(n: int, rule: Rule, check: Check) -> Expectation:
    kind: Callable[..., Expectation] = ExpectNoProblems if check.gx == NO_PROBLEMS else getattr(core, check.gx)
    column = {"column": _helper(n)} if check.verdicts is not None else {}
    severity = "critical" if rule.severity == "error" else "warning"
    return kind(**check.arguments, **column, severity=severity, description=check.title, meta={"entry": n})


def _finding(rule: Rule, check: Check, result: ExpectationValidationResult) -> Finding:
    values = cast("_Result", result.result)
    if result.exception_info.get("raised_exception", True):
        raise RuntimeError(f"Great Expectations could not run {rule.expect}: {result.exception_info}")
    first = _first(values)
    unexpected = int(values.get("unexpected_count", len(values.get("problems", []))))
    checked = int(values.get("element_count", 0))
    observed = values.get("observed_value") or check.facts or f"{unexpected:,} of {checked:,} records fail"
    settings = rule.model_dump(mode="json", exclude={"expect", "severity", "note"})
    return Finding(
        expect=rule.expect,
        severity=rule.severity,
        passed=bool(result.success),
        title=check.title,
        note=rule.note,
        observed=str(observed),
        unexpected=unexpected,
        checked=checked,
        first=tuple(first),
        settings=settings,
        key=" ".join([rule.expect, *(str(settings[name]) for name in _ASPECTS if settings.get(name))]),
        gauges=_gauges(rule, check, values),
    )


class _Result(TypedDict, total=False):
    """What the library says of one expectation, and what `ExpectNoProblems` adds."""

    element_count: int
    missing_count: int | None
    unexpected_count: int
    observed_value: object
    partial_unexpected_index_list: Sequence[Mapping[str, object]] | None
    problems: Sequence[str]


def _first(values: _Result) -> list[dict[str, str]]:
    """Problems of the whole table, or the first records that break the rule."""
    found = [{"id": "", "why": str(problem)} for problem in values.get("problems", [])]
    found += [{"id": str(row["id"]), "why": _why(row)} for row in values.get("partial_unexpected_index_list") or []]
    return found[:NAMED]


def _gauges(rule: Rule, check: Check, values: _Result) -> tuple[Mapping[str, object], ...]:
    """The check's own figures; of a check of records the share that keeps the rule, missing values left out."""
    if check.gx == NO_PROBLEMS:
        found = dict(check.gauges) or {"problems": Gauge(len(values.get("problems", [])), high=0, unit="count")}
    else:
        checked = int(values.get("element_count", 0)) - int(values.get("missing_count", 0) or 0)
        kept = 1 - int(values.get("unexpected_count", 0)) / checked if checked else 1.0
        found = {"sound_share": Gauge(round(kept, 6), low=getattr(rule, "share", 1.0))}
    ordered = sorted(found.items(), key=lambda item: (item[1].room, item[0]))
    return tuple({"name": name, **asdict(gauge)} for name, gauge in ordered)


def _why(row: Mapping[str, object]) -> str:
    values = [value for name, value in row.items() if name != "id"]
    value = values[0] if values else row["id"]
    return "no value" if value is None or value != value else shorten(value, 120)
