"""Checks that rest on the validate stage: expectations, counts that add up, drift."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.figures import Check, expectations, listed_names
from pipeline.report.inputs import Inputs
from pipeline.report.overview import flow
from pipeline.report.verdict.finding import Finding, State

#: Expectations with a check of their own.
_APART = ("no_leakage", "no_drift")


def _failed(inputs: Inputs, severity: str) -> list[Check]:
    return [
        one
        for one in expectations(inputs)
        if not one["ok"] and one["severity"] == severity and one["name"] not in _APART
    ]


def errors(inputs: Inputs) -> Iterator[Finding]:
    """Fails where an expectation of severity error fails; not measured before validate has run."""
    every = expectations(inputs)
    failed = _failed(inputs, "error")
    if failed:
        names = listed_names([inputs.cut(one["title"] or one["name"]) for one in failed])
        yield Finding("expectations", "fail", "errors", {"n": len(failed), "names": names}, "expectations")
    elif every:
        passed = sum(one["ok"] for one in every)
        yield Finding("expectations", "pass", "passed", {"n": passed, "of": len(every)}, "expectations")
    else:
        yield Finding("expectations", "unmeasured", "unchecked", {}, "expectations")


def warnings(inputs: Inputs) -> Iterator[Finding]:
    """Warns where an expectation of severity warn fails."""
    failed = _failed(inputs, "warn")
    if failed:
        names = listed_names([inputs.cut(one["title"] or one["name"]) for one in failed], 1)
        yield Finding("expectations", "warn", "warnings", {"n": len(failed), "names": names}, "expectations")


def counts_add_up(inputs: Inputs) -> Iterator[Finding]:
    """Fails where a stage's rows in and added are not its rows kept and dropped."""
    stages = flow(inputs)["stages"]
    wrong = [stage["name"] for stage in stages if not stage["balanced"]]
    if wrong:
        yield Finding("counts", "fail", "unbalanced", {"stages": ", ".join(wrong)}, "overview")
    elif stages:
        yield Finding("counts", "pass", "balanced", {}, "overview")


def drift(inputs: Inputs) -> Iterator[Finding]:
    """Warns where the data moved further from the released version than `no_drift` allows."""
    check = {one["name"]: one for one in expectations(inputs)}.get("no_drift")
    if not inputs.released:
        yield Finding("drift", "inapplicable", "drift_no_release", {}, "versions")
    elif check is None:
        yield Finding("drift", "unmeasured", "drift_not_in_suite", {}, "versions")
    elif check["ok"]:
        yield Finding("drift", "pass", "drift_none", {}, "versions")
    else:
        state: State = "fail" if check["severity"] == "error" else "warn"
        why = inputs.cut(check["why"] or check["observed"] or "")
        yield Finding("drift", state, "drift", {"why": why}, "versions")
