"""What a trained model answers, whatever its task type."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.modeling.prediction import Predictor
from pipeline.runtime.damage import check_keys, parsed_json


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
    settings = parsed_json(settings_file)
    check_keys(settings, {"task": dict}, settings_file)
    check_keys(settings["task"], {"type": str}, settings_file, " in 'task'")
    return pick(HEADS, settings["task"]["type"], f"{settings_file}: task.type").function.load(folder, settings)
