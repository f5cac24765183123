"""The shapes that stages write into their report.json and others read: counts of rows, figures with intervals.

They are what a reader may rely on once `read_report` (runtime/store.py) has let a file pass. What a step notes beside
its counts is its own affair: `notes` is free JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class Figure(TypedDict):
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float


def numbers(figure: Figure) -> dict[str, float]:
    """The value and its interval's ends by name, to be worded alike."""
    return {"value": figure["value"], "low": figure["low"], "high": figure["high"]}


#: in + added = kept + dropped. (`in` is a keyword of Python: this class is written as a call.)
Rows = TypedDict("Rows", {"in": int, "added": int, "kept": int, "dropped": int})


class StageReport(Rows):
    """The report of a stage that passes records on; `kept_by` counts those kept by source, language and so on."""

    stage: str
    steps: Sequence[StepReport]
    kept_by: Mapping[str, Mapping[str, int]]
    notes: Mapping[str, Any]


#: Stages in order, each with its report.
StageReports = Mapping[str, StageReport]


class StepReport(Rows):
    """One step of a stage: rows in and out, rows changed, dropped ones by reason, and what it noted."""

    step: str
    changed: int
    reasons: Mapping[str, int]
    notes: Mapping[str, Any]
