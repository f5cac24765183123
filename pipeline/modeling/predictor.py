"""What a trained model answers, whatever its task type."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.modeling.prediction import Predictor


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
    return pick(HEADS, settings["task"]["type"], f"{settings_file}: task.type").function.load(folder, settings)
