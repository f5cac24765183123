"""The history of released versions: one line a release in `data/released/history.jsonl`, oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError

HISTORY = "history.jsonl"


def read_history(path: Path) -> list[dict[str, Any]]:
    """The lines of a history; none where there is no file. Raises PipelineError on a line that is no JSON object."""
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [_line(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]


def _line(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PipelineError(f"{path}:{number} is no JSON object: {line[:60]}", "Take the file from the last commit.")
    return found


def summary_of(profile: Mapping[str, Any], clean: Mapping[str, Any], evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """What a history keeps of a version: records by split, the six scores, wrong labels, the headline metric.

    `clean` and `evaluation` are the reports of these stages; what they do not tell is left out.
    """
    found: dict[str, Any] = {"records": dict(profile.get("rows", {}))}
    found["quality_scores"] = {name: one["score"] for name, one in profile.get("quality_scores", {}).items()}
    noise: Mapping[str, Any] = next((one["notes"]["label_noise"] for one in clean.get("steps", []) if _told(one)), {})
    if noise.get("share"):
        found["wrong_labels"] = noise["share"]
    name = str(evaluation.get("headline") or "")
    metric = evaluation.get("metrics", {}).get(name)
    if isinstance(metric, Mapping):
        found["metric"] = {"name": name, **metric}
    return found


def _told(step: Mapping[str, Any]) -> bool:
    return bool(step.get("notes", {}).get("label_noise"))
