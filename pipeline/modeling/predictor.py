"""What a trained model answers, whatever its task type."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick
from pipeline.modeling.prediction import Predictor
from pipeline.runtime.damaged_files import Keys, check_keys, parsed_json

_NUMBER = (int, float)
#: What sft.json may hold for one task type or another; each predictor reads its own part.
_SETTINGS: Keys = {
    **dict.fromkeys(("max_length", "max_new_tokens", "num_beams", "stride"), int),
    **dict.fromkeys(("temperature", "null_threshold"), _NUMBER),
    **dict.fromkeys(("thresholds", "chat"), dict),
}


def load_predictor(folder: Path) -> Predictor:
    """The model that `train` wrote to `folder`, ready to predict.

    Raises PipelineError where the folder, or a file in it, is not what `train` wrote.
    """
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
    check_keys(settings, _SETTINGS, settings_file, optional=True)
    head = pick(HEADS, settings["task"]["type"], f"{settings_file}: task.type").function
    try:
        return head.load(folder, settings)
    except KeyError as error:  # of the settings: what libraries raise is caught where they are called
        raise PipelineError(f"{settings_file}: there is no key {error}.", _RETRAIN) from None


_RETRAIN = "Another program or version wrote this file, or it is damaged. Train the model anew: dvc repro -f train"
