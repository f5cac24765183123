"""Classification: a sequence classifier on `models.encoder`, cross-entropy, calibrated on dev."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Batch, Collate, Example, Examples, Row, classify, padded
from pipeline.modeling.features.linear import fit_temperature, softmax
from pipeline.modeling.heads import multi_label
from pipeline.modeling.heads.contract import Evaluation, Start
from pipeline.modeling.heads.encoder_with_head import label_names, names, start_encoder
from pipeline.modeling.models import Models, has_weights
from pipeline.modeling.prediction import Predictor
from pipeline.modeling.training.losses import Loss, loss_function
from pipeline.modeling.training.recipe import Contrastive, Recipe
from pipeline.stats.scores import macro_f1, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BEST = ("macro_f1", True)


def _counts(rows: Sequence[Row], task: Task) -> Counter[str]:
    """How often each class is given."""
    return Counter(label for row in rows for label in (row["label"] if task.multi_label else [row["label"]]))


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """At least two classes in train, none on dev that train never shows."""
    found = {name: _counts(rows, task) for name, rows in splits.items()}
    if len(found["train"]) < 2:
        only = ", ".join(found["train"]) or "none"
        raise PipelineError(
            f"train: a classifier needs two classes, the train split has {len(found['train'])} ({only}).",
            "Check the label mapping of the sources, or raise train.max_train_rows.",
        )
    for name, labels in found.items():
        unseen = sorted(set(labels) - set(found["train"]))
        if unseen:
            raise PipelineError(
                f"train: the label '{unseen[0]}' is on the {name} split ({labels[unseen[0]]} rows) but not in train.",
                "Add training rows for it, remove it from task.labels, or raise train.max_train_rows.",
            )


def start(models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
    """The encoder with a classification layer; on BERT encoders mean-pooled and started from logistic regression."""
    from transformers import AutoModelForSequenceClassification

    from pipeline.modeling.features.encoder import embed
    from pipeline.modeling.heads.mean_pooling import pooled, set_classifier, set_label_rows

    kind = "multi_label_classification" if task.multi_label else "single_label_classification"
    config = {**names(task.labels), "problem_type": kind}
    begun = start_encoder(AutoModelForSequenceClassification, models, rows, recipe, "text classifier", True, **config)
    if recipe.contrastive is not None:
        return _contrastive(begun, task, rows, recipe, recipe.contrastive)
    if begun.model.config.model_type == "bert" and has_weights(models.encoder):
        features = pooled(embed([row["text"] for row in rows], models.encoder))
        set_top = set_label_rows if task.multi_label else set_classifier
        set_top(begun.model, features, [row["label"] for row in rows])
    return begun


def _contrastive(begun: Start, task: Task, rows: Sequence[Row], recipe: Recipe, settings: Contrastive) -> Start:
    """The encoder tuned on pairs of the rows, with the linear head on what it then makes of them."""
    from pipeline.modeling.heads.contrastive import tune
    from pipeline.modeling.heads.mean_pooling import set_classifier

    if task.multi_label or begun.model.config.model_type != "bert":
        raise PipelineError(
            "params.yaml: train.contrastive is for one label a text, and encoders of BERT's kind.", "Set it to null."
        )
    texts, labels = [row["text"] for row in rows], [row["label"] for row in rows]
    features = tune(begun.model, begun.tokenizer, texts, labels, settings, recipe.max_length, recipe.seed)
    set_classifier(begun.model, features, labels)
    return begun


def refit(model: PreTrainedModel, models: Models, task: Task, rows: Sequence[Row]) -> JsonObject | None:
    """The linear head fitted anew on all of `rows`; what to tell and save of it. None where there is no such head."""
    from pipeline.modeling.features.encoder import embed
    from pipeline.modeling.heads.label_refit import refit_label_rows
    from pipeline.modeling.heads.mean_pooling import pooled, refit_classifier

    if model.config.model_type != "bert" or not has_weights(models.encoder):
        return None
    features = pooled(embed([row["text"] for row in rows], models.encoder))
    if task.multi_label:
        return refit_label_rows(model, features, [row["label"] for row in rows])
    return refit_classifier(model, features, [row["label"] for row in rows])


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """Token ids and class numbers. Over-long texts are cut, or dropped with reason `over_long`."""
    if not rows:
        return Examples([])
    texts = [row["text"] for row in rows]
    found = tokenizer(texts)["input_ids"]
    short = tokenizer(texts, truncation=True, max_length=recipe.max_length)["input_ids"]
    cut = [len(ids) > recipe.max_length for ids in found]
    items: list[Example] = [
        {"input_ids": ids, "labels": _label(row["label"], task)} for ids, row in zip(short, rows, strict=True)
    ]
    if recipe.over_long != "drop" or not any(cut):
        return Examples(items, cut=sum(cut))
    return Examples(list(compress(items, map(operator.not_, cut))), {"over_long": sum(cut)})


def _label(given: Target, task: Task) -> int | list[float]:
    """A class number; with several labels a record, 0 or 1 for each declared label."""
    return [float(label in given) for label in task.labels] if task.multi_label else task.labels.index(given)


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """Batches padded to their longest text."""

    def batch_of(examples: Sequence[Example]) -> Batch:
        import torch

        batch = padded([example["input_ids"] for example in examples], tokenizer)
        return {**batch, "labels": torch.tensor([example["labels"] for example in examples])}

    return batch_of


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> NDArray[np.float64] | None:
    """Inverse class frequencies where the recipe asks for balance.

    With several labels a record: rows without over rows with it, per label.
    """
    if recipe.class_weights == "none":
        return None
    if task.multi_label:
        return multi_label.positive_weights(examples)
    counts = np.bincount([example["labels"] for example in examples], minlength=len(task.labels))
    return len(examples) / (np.count_nonzero(counts) * np.maximum(counts, 1))


def evaluate(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
    """Accuracy, macro F1 and mean loss; the temperature that calibrates this model."""
    logits = classify(model, examples, collate, batch)
    target = np.array([example["labels"] for example in examples])
    if target.ndim == 2:
        return multi_label.evaluate(logits, target, label_names(model))
    guess = logits.argmax(axis=1)
    loss = -np.log(softmax(logits)[np.arange(len(target)), target] + 1e-12).mean()
    metrics = {
        "loss": float(loss),
        "accuracy": float((guess == target).mean()),
        "macro_f1": plain(macro_f1(target, guess), len(target)),
    }
    return Evaluation(metrics, {"temperature": fit_temperature(logits, target)})


def loss(model: PreTrainedModel, class_weights: NDArray[np.float64] | None, recipe: Recipe) -> Loss:
    """Cross-entropy; binary cross-entropy of every label where a record may have several."""
    if model.config.problem_type == "multi_label_classification":
        return multi_label.loss_function(class_weights, recipe.focal_gamma)
    return loss_function(class_weights, recipe.label_smoothing, recipe.focal_gamma)


def load(folder: Path, settings: Mapping[str, Target]) -> Predictor:
    """See `classifier.Classifier` and `multi_label.MultiLabelClassifier`."""
    from pipeline.modeling.heads.classification_predictor import Classifier

    if settings["task"].get("multi_label"):
        return multi_label.MultiLabelClassifier(folder, settings)
    return Classifier(folder, settings)
