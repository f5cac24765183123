"""Can we train on this? The worst of all checks decides, and one sentence says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import TypedDict

from pipeline.report.inputs import Inputs
from pipeline.report.verdict.checks import CHECKS
from pipeline.report.verdict.finding import STATES, Because, Finding, State
from pipeline.report.verdict.label_first import label_first

#: Reasons that the sentence names; the list below it holds all. A guess: not measured.
_REASONS = 4


class Verdict(TypedDict):
    """What `verdict` says."""

    state: str
    because: list[Because]
    more: int
    checks: list[dict[str, object]]
    counts: dict[State, int]


def verdict(inputs: Inputs) -> Verdict:
    """`state`: fail, warn, pass, unknown where the validate stage has not run, or label_first where labels come first.

    `because`: the clauses of the sentence (key, args). `checks`: every finding, the worst first. `counts`: findings by
    state; what was not measured and what does not apply are counted apart, and neither makes a dataset good or bad.
    """
    first = label_first(inputs)
    if first is not None:
        return {**first, "more": 0, "checks": [], "counts": dict.fromkeys(STATES, 0)}
    found = list(chain.from_iterable(check(inputs) for check in CHECKS.values()))
    found.sort(key=lambda finding: STATES.index(finding.state))
    counts = Counter(finding.state for finding in found)
    state = _state(counts, is_validated=bool(inputs.report("validate")))
    return {
        "state": state,
        "because": [{"key": f"because.{one.key}", "args": one.args} for one in _reasons(found, state)],
        "more": max(0, sum(counts[one] for one in STATES[:2]) - _REASONS),
        "checks": [{**one._asdict(), "key": f"because.{one.key}"} for one in found],
        "counts": {name: counts[name] for name in STATES},
    }


def _state(counts: Mapping[State, int], is_validated: bool) -> str:
    """That of the worst finding; without validation nothing but a failure is known."""
    if counts["fail"]:
        return "fail"
    if not is_validated:
        return "unknown"
    return "warn" if counts["warn"] else "pass"


def _reasons(found: list[Finding], state: str) -> list[Finding]:
    """What speaks against the data; where nothing does, what speaks for it."""
    against = [one for one in found if one.state in STATES[:2]]
    if state == "unknown":
        against = [Finding("expectations", "unmeasured", "unchecked", {}, "expectations"), *against]
    return against[:_REASONS] or [one for one in found if one.state == "pass"][:2]
