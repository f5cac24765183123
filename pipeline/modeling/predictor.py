"""What a trained model answers, whatever its task type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import PipelineError
from pipeline.record import Target
from pipeline.registry import pick


@dataclass(frozen=True)
class Prediction:
    """One answer. `value` has the shape of the task's target.

    `confidence` is calibrated where the task allows it, else None. `scores` holds a probability
    per label for tasks with a label set. `log_likelihood` (sum over target tokens, nats) and
    `tokens` are set by language models where the row carries the true target. `parts` holds one
    confidence per span where the value is a list of spans. `refused` says why the row could not be put to the model
    at all (a chat that its template has no form for); `value` is None then.
    """

    value: Target
    confidence: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    log_likelihood: float | None = None
    tokens: int = 0
    parts: tuple[float, ...] = ()
    refused: str = ""


class Predictor(Protocol):
    """A loaded model. Rows carry the columns of the exported dataset (`TaskType.row`), target optional."""

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Prediction]:
        """One prediction per row, in order."""


def load_predictor(folder: Path) -> Predictor:
    """The model that `train` wrote to `folder`, ready to predict."""
    from pipeline.modeling.heads import HEADS

    settings_file = folder / "sft.json"
    if not folder.is_dir():
        raise PipelineError(f"{folder}: no such model folder.", "Train one: dvc repro train")
    if not settings_file.is_file():
        raise PipelineError(
            f"{folder}: sft.json is missing; this folder was not written by the train stage.",
            "Name the folder data/train/model, or a whole copy of it.",
        )
    settings = json.loads(settings_file.read_text("utf-8"))
    return pick(HEADS, settings["task"]["type"], f"{settings_file}: task.type").load(folder, settings)
