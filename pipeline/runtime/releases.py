"""The history of released versions: one line a release in `data/released/history.jsonl`, oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from pipeline.core.errors import PipelineError
from pipeline.core.report_types import Figure, StepReport

HISTORY = "history.jsonl"


class ReleaseMetric(TypedDict):
    """The headline metric of the model that was trained on a release; the interval where it was measured."""

    name: str
    value: float
    low: NotRequired[float]
    high: NotRequired[float]


class Release(TypedDict, total=False):
    """One line of a history: records by split, the six scores, the share of wrong labels, the headline metric."""

    name: str
    released_at: str | None
    records: dict[str, int]
    quality_scores: dict[str, float]
    wrong_labels: Figure
    metric: ReleaseMetric


def read_history(path: Path) -> list[Release]:
    """The lines of a history; none where there is no file. Raises PipelineError on a line that is no JSON object."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [_line(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]


def _line(path: Path, number: int, line: str) -> Release:
    found: Release | None
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PipelineError(f"{path}:{number} is no JSON object: {line[:60]}", "Take the file from the last commit.")
    return found


def summary_of(profile: Mapping[str, Any], clean: Mapping[str, Any], evaluation: Mapping[str, Any]) -> Release:
    """What a history keeps of a version: records by split, the six scores, wrong labels, the headline metric.

    `clean` and `evaluation` are the reports of these stages; what they do not tell is left out.
    """
    found: Release = {"records": dict(profile.get("rows", {}))}
    found["quality_scores"] = {name: one["score"] for name, one in profile.get("quality_scores", {}).items()}
    noise: Mapping[str, Any] = next((one["notes"]["label_noise"] for one in clean.get("steps", []) if _told(one)), {})
    if noise.get("share"):
        found["wrong_labels"] = noise["share"]
    name = str(evaluation.get("headline") or "")
    metric = evaluation.get("metrics", {}).get(name)
    if isinstance(metric, Mapping):
        found["metric"] = cast("ReleaseMetric", {"name": name, **metric})
    return found


def _told(step: StepReport) -> bool:
    return bool(step.get("notes", {}).get("label_noise"))
