"""One fine-tuning run: what goes in (`Job`) and what it leaves (`Run`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.modeling.batches import Collate, Example
from pipeline.modeling.heads.contract import Evaluation, Head
from pipeline.modeling.training.losses import Loss, loss_function
from pipeline.modeling.training.recipe import Recipe


@dataclass(frozen=True)
class Run:
    """What a finished run leaves: the best model's evaluation, where it was, and the course of the losses."""

    best: Evaluation
    best_step: int
    before: Evaluation
    steps: int
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """The parts of a run. `checkpoints` is a folder of its own for equal data, settings and base model."""

    model: Any
    head: Head
    train: Sequence[Example]
    dev: Sequence[Example]
    collate: Collate
    recipe: Recipe
    checkpoints: Path
    class_weights: Any = None
    live: Callable[[list[dict[str, float]]], None] | None = None  # gets the course so far after each look at dev

    def loss(self) -> Loss:
        """The head's own loss, or cross-entropy."""
        own = getattr(self.head, "loss", None)
        if own is not None:
            result: Loss = own(self.model, self.class_weights, self.recipe)
            return result
        return loss_function(self.class_weights, self.recipe.label_smoothing, self.recipe.focal_gamma)

    def evaluate(self) -> Evaluation:
        """The model as it stands, on dev."""
        return self.head.evaluate(self.model, self.dev, self.collate, 2 * self.recipe.batch_size)
