"""Section `train` of params.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from pipeline.modeling.training.recipe import Recipe
from pipeline.train.trackers import Tracker


class Params(Recipe):
    """The recipe, and how much of the dataset it is applied to."""

    RENAMED: ClassVar[Mapping[str, str]] = {
        **Recipe.RENAMED,
        "reply_tokens": "max_new_tokens",
        "beams": "num_beams",
    }

    trackers: tuple[Tracker, ...] = ()  # that are told of every run: {kind: mlflow}, {kind: wandb}
    max_train_rows: int = Field(0, ge=0)  # a seeded sample of the train split, to bound time; 0 takes all
    # `max_dev_rows` is a guess: not measured.
    max_dev_rows: int = Field(2000, ge=0)  # of the dev split: enough to choose a checkpoint; 0 takes all
    # `max_new_tokens` is a guess: not measured.
    max_new_tokens: int = Field(64, ge=1)  # longest text that `sft predict` and evaluate let the model write
    num_beams: int = Field(
        1, ge=1
    )  # beam search over that many; 1 is greedy. 4 is usual for translation, four times the work
