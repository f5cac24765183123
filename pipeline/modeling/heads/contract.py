"""What a head offers: everything about fine-tuning that depends on the task type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Collate, Example, Examples, Row
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Predictor
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Start:
    """The pretrained model, its tokenizer, and what identifies its weights."""

    model: Any
    tokenizer: Any
    base: str


@dataclass(frozen=True)
class Evaluation:
    """What the dev split says of a model: metrics, and what prediction needs to know (temperature, thresholds)."""

    metrics: dict[str, float]
    predictor_settings: dict[str, Any] = field(default_factory=dict)


class Head(Protocol):
    """One module per task type in this folder.

    Four more functions are optional. `loss(model, class_weights, recipe)` gives the training loss
    `(outputs, labels, num_items_in_batch) -> scalar` where it is not cross-entropy over the last axis of
    the logits. `refit(model, models, task, rows)` fits a linear head anew, on all rows. `finish(model)` prepares the
    best model for saving. `pack(examples, model, recipe)` puts several examples in one row (language models).
    """

    #: The dev metric that picks the checkpoint, and whether more is better.
    BEST: tuple[str, bool]

    def check(self, splits: Mapping[str, Sequence[Row]], task: Task) -> None:
        """Raises PipelineError where these rows cannot train or evaluate a model."""

    def start(self, models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
        """The model to fine-tune. `rows` may set its new weights (never the dev split's)."""

    def encode(self, rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
        """Rows as token ids and labels."""

    def collate(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Examples as one padded batch of tensors."""

    def class_weights(self, examples: Sequence[Example], task: Task, recipe: Recipe) -> NDArray[np.float64] | None:
        """One weight per class (mean 1 over the examples), or None."""

    def evaluate(self, model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
        """Dev metrics; `loss` is always among them."""

    def load(self, folder: Path, settings: Mapping[str, Target]) -> Predictor:
        """A predictor from a saved model and the content of its sft.json."""
