"""Checks that rest on the validate stage: expectations, counts, drift."""

from __future__ import annotations

import pytest

from pipeline.report.verdict import expectations
from tests.report.verdict.from_reports import expectation, found, inputs, stage


def validated(*expectations, **more):
    return inputs(validate={"expectations": list(expectations)}, **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (inputs(), [("unmeasured", "unchecked")]),
        (validated(expectation(), expectation("b")), [("pass", "passed")]),
        (validated(expectation(ok=False), expectation("b")), [("fail", "errors")]),
        (validated(expectation(ok=False, severity="warn")), [("pass", "passed")]),
        (validated(expectation("no_leakage", ok=False)), [("pass", "passed")]),  # it has a check of its own
    ],
)
def test_a_failed_error_fails(given, outcome):
    assert found(expectations.errors, given) == outcome


def test_passed_ones_are_counted_and_failed_ones_named():
    (one,) = expectations.errors(validated(expectation(), expectation("b", ok=False, severity="warn")))
    assert one.args == {"n": 1, "of": 2}
    (one,) = expectations.errors(validated(expectation("标签", ok=False)))
    assert one.args["n"] == 1
    assert "标签" in str(one.args["names"])


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (validated(expectation(ok=False, severity="warn")), [("warn", "warnings")]),
        (validated(expectation("no_drift", ok=False, severity="warn")), []),
        (validated(expectation(ok=False)), []),
        (inputs(), []),
    ],
)
def test_a_failed_warning_warns(given, outcome):
    assert found(expectations.warnings, given) == outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (inputs(), []),
        (inputs(collect=stage(10), clean=stage(10, 8)), [("pass", "balanced")]),
        (inputs(collect=stage(10), clean=stage(9)), [("fail", "unbalanced")]),  # a row went between two stages
        (inputs(collect=stage(10) | {"kept": 9}), [("fail", "unbalanced")]),
    ],
)
def test_rows_that_are_lost_fail(given, outcome):
    assert found(expectations.counts_add_up, given) == outcome


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (validated(expectation("no_drift")), [("inapplicable", "drift_no_release")]),
        (validated(expectation(), released={"rows": 1}), [("unmeasured", "drift_not_in_suite")]),
        (validated(expectation("no_drift"), released={"rows": 1}), [("pass", "drift_none")]),
        (validated(expectation("no_drift", False, "warn"), released={"rows": 1}), [("warn", "drift")]),
        (validated(expectation("no_drift", False, "error"), released={"rows": 1}), [("fail", "drift")]),
    ],
)
def test_drift_is_measured_against_a_release(given, outcome):
    assert found(expectations.drift, given) == outcome
