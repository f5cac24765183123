"""A check of the verdict on reports that stand in the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core.settings import Task
from pipeline.report.inputs import Inputs
from pipeline.report.params import Params

TASK = Task(type="classification", labels=("bad", "好"), languages=("en", "zh"))
NOWHERE = Path("no/such/folder")


def inputs(
    task: Task = TASK, profile: Any = None, released: Any = None, folder: Path = NOWHERE, **reports: Any
) -> Inputs:
    return Inputs(folder, task, Params(), reports, profile or {}, released or {})


def stage(n: int = 10, kept: int | None = None, **more: Any) -> dict[str, Any]:
    kept = n if kept is None else kept
    return {"in": n, "added": 0, "kept": kept, "dropped": n - kept, "steps": [], **more}


def split(**sizes: int) -> dict[str, Any]:
    return stage(sum(sizes.values()), kept_by={"split": sizes})


def expectation(name: str = "unique", ok: bool = True, severity: str = "error", **more: Any) -> dict[str, Any]:
    return {"expect": name, "passed": ok, "severity": severity, "title": name, **more}


def found(check: Any, given: Inputs) -> list[tuple[str, str]]:
    return [(one.state, one.key) for one in check(given)]
