"""Regression: one number for a text or a pair of texts; mean squared error on standardised targets.

While training, the model gives standardised numbers (mean and spread of the train split are kept in its
configuration). Before it is saved they are folded into the last layer, so that
`AutoModelForSequenceClassification` gives the original unit anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Batch, Collate, Example, Examples, Row, classify, outputs, padded_inputs
from pipeline.modeling.heads.contract import Evaluation, Start
from pipeline.modeling.heads.encoder_with_head import start_encoder
from pipeline.modeling.heads.last_layer import last_layer, received
from pipeline.modeling.loading import load_saved
from pipeline.modeling.models import Models, has_weights
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.modeling.training.losses import Loss, squared_error
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Floats = NDArray[np.float64]

BEST = ("rmse", False)

_BATCH = 64  # a guess: not measured
#: Rows that the ridge regression behind the starting layer reads (a guess: not measured), and the penalties on
#: standardised features that leaving one out chooses from. With 10, as it was, the start was worse than the mean on
#: 1,200 pairs of MLQE: mean absolute error .714 on 600 others against .610 (1,000: .600; 3,000: .595; 10,000: .599).
_START_ROWS, _PENALTIES = 2000, (10.0, 100.0, 1000.0, 3000.0, 10_000.0)


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """Numbers that differ, or there is nothing to learn."""
    if len({row["score"] for row in splits["train"]}) < 2:
        raise PipelineError(
            "train: all numbers of the train split are equal.", "Check which column the sources name as target."
        )


def start(models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
    """The encoder with one output; with pretrained weights the last layer starts from ridge regression."""
    from transformers import AutoModelForSequenceClassification

    config = {"num_labels": 1, "problem_type": "regression"}
    begun = start_encoder(AutoModelForSequenceClassification, models, rows, recipe, "regressor", True, **config)
    targets = np.array([row["score"] for row in rows], np.float64)
    begun.model.config.target_mean = float(targets.mean())
    begun.model.config.target_spread = float(targets.std()) or 1.0
    if has_weights(models.encoder):
        examples = encode(rows[:_START_ROWS], begun.tokenizer, task, recipe).items
        _start_from_ridge(begun.model, examples, collate(begun.tokenizer))
    return begun


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """Token ids of the text, or of both, and the number. Over-long texts are cut (the longer one first), or dropped."""
    items: list[Example] = []
    cut = 0
    for row in rows:
        ids, is_cut = encode_pair(row, tokenizer, recipe.max_length)
        cut += is_cut
        if not (is_cut and recipe.over_long == "drop"):
            items.append({**ids, "labels": float(row["score"])})
    if recipe.over_long == "drop":
        return Examples(items, {"over_long": cut} if cut else {})
    return Examples(items, cut=cut)


def encode_pair(row: Row, tokenizer: PreTrainedTokenizerBase, max_length: int) -> tuple[Example, bool]:
    """One row's model inputs, and whether it was cut."""
    texts = (row["text"],) if row.get("text_pair") is None else (row["text"], row["text_pair"])
    found = tokenizer(*texts)
    is_cut = len(found["input_ids"]) > max_length
    if is_cut:
        found = tokenizer(*texts, truncation="longest_first", max_length=max_length)
    example: Example = {"input_ids": found["input_ids"]}
    if "token_type_ids" in tokenizer.model_input_names:
        example["token_type_ids"] = found.get("token_type_ids") or [0] * len(found["input_ids"])
    return example, is_cut


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """Batches padded to their longest text."""

    def batch_of(examples: Sequence[Example]) -> Batch:
        import torch

        labels = torch.tensor([example["labels"] for example in examples], dtype=torch.float32)
        return {**padded_inputs(examples, tokenizer), "labels": labels}

    return batch_of


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> None:
    """None: numbers are no classes."""
    recipe.refuse_class_settings("numbers have no classes")


def loss(model: PreTrainedModel, class_weights: NDArray[np.float64] | None, recipe: Recipe) -> Loss:
    """Squared error in units of the train split's spread."""
    return squared_error(model.config.target_mean, model.config.target_spread)


def evaluate(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
    """RMSE, MAE and Pearson's r in the original unit; `loss` in the standardised one."""
    mean, spread = model.config.target_mean, model.config.target_spread
    said = classify(model, examples, collate, batch)[:, 0] * spread + mean
    gaps = said - np.array([example["labels"] for example in examples])
    metrics = {
        "loss": float((gaps**2).mean() / spread**2),
        "rmse": float(np.sqrt((gaps**2).mean())),
        "mae": float(np.abs(gaps).mean()),
        "pearson": _pearson(said, said - gaps),
    }
    return Evaluation(metrics)


def finish(model: PreTrainedModel) -> None:
    """Fold mean and spread into the last layer."""
    import torch

    layer = last_layer(model, 1)
    with torch.no_grad():
        layer.weight.mul_(model.config.target_spread)
        layer.bias.mul_(model.config.target_spread).add_(model.config.target_mean)
    model.config.target_mean, model.config.target_spread = 0.0, 1.0


def load(folder: Path, settings: Mapping[str, Target]) -> Predictor:
    """See `Regressor`."""
    return Regressor(folder, settings)


class Regressor:
    """Numbers in the unit of the training targets, kept inside `task.range`. Reads: text; text_pair if there is one."""

    def __init__(self, folder: Path, settings: Mapping[str, Target]) -> None:
        from transformers import AutoModelForSequenceClassification

        self.model, self.tokenizer = load_saved(AutoModelForSequenceClassification, folder)
        self.max_length = int(settings["max_length"])
        low, high = settings["task"].get("range") or (-np.inf, np.inf)
        self.low, self.high = float(low), float(high)

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One number per row, in order."""
        if not rows:
            return []
        found: list[Example] = [{**encode_pair(row, self.tokenizer, self.max_length)[0], "labels": 0.0} for row in rows]
        numbers = classify(self.model, found, collate(self.tokenizer), _BATCH)[:, 0]
        return [Prediction(float(number)) for number in np.clip(numbers, self.low, self.high)]


def _start_from_ridge(model: PreTrainedModel, examples: Sequence[Example], collate: Collate) -> None:
    """Set the last layer to ridge regression on what it receives, at no more cost than one look at the rows."""
    import torch
    from sklearn.linear_model import RidgeCV

    layer = last_layer(model, 1)
    rows: list[int] = []
    with received(layer) as seen:
        for numbers, _, _ in outputs(model, examples, collate, _BATCH):
            rows += numbers
    features = torch.cat([part.reshape(len(part), -1) for part in seen]).double().cpu().numpy()
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    target = np.array([examples[n]["labels"] for n in rows])
    target = (target - model.config.target_mean) / model.config.target_spread
    ridge = RidgeCV(alphas=_PENALTIES).fit((features - mean) / spread, target)
    weights = ridge.coef_ / spread
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights, dtype=torch.float32)[None])
        layer.bias.fill_(float(ridge.intercept_ - weights @ mean))


def _pearson(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0
