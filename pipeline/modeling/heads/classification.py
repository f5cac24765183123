"""Classification: a sequence classifier on `models.encoder`, cross-entropy, calibrated on dev."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import PipelineError, shorten
from pipeline.modeling.heads.contract import Collate, Example, Examples, Judgement, Row, Start
from pipeline.modeling.heads.running import classify, load_tokenizer, padded
from pipeline.modeling.linear import fit_temperature, softmax
from pipeline.modeling.models import TFIDF, Models, local_path, revision
from pipeline.modeling.predictor import Predictor
from pipeline.modeling.recipe import Recipe
from pipeline.settings import Task

BEST = ("macro_f1", True)


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """At least two classes in train, none on dev that train never shows, one label a row."""
    if task.multi_label:
        raise PipelineError("task.multi_label: fine-tuning several labels a record is not built yet.", "Set it false.")
    found = {name: Counter(row["label"] for row in rows) for name, rows in splits.items()}
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
    from transformers import AutoConfig, AutoModelForSequenceClassification

    from pipeline.modeling.encoder import embed
    from pipeline.modeling.heads.mean_pooling import add_pooling_layer, pooled, set_classifier

    if models.encoder.name == TFIDF:
        raise PipelineError(
            "models.encoder: 'tfidf' has no weights to fine-tune.",
            "Name an encoder: a hub model, a folder or a package.",
        )
    path = local_path(models.encoder, "models.encoder")
    names = dict(enumerate(task.labels))
    try:
        config = AutoConfig.from_pretrained(path, num_labels=len(names), id2label=names)
        config.label2id = {label: n for n, label in names.items()}
        is_bert = config.model_type == "bert"
        config.num_hidden_layers += is_bert
        if recipe.dropout is not None:
            config.hidden_dropout_prob = config.attention_probs_dropout_prob = recipe.dropout
        model = AutoModelForSequenceClassification.from_pretrained(path, config=config, dtype="float32")
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"models.encoder: '{path}' cannot be fine-tuned as a text classifier: {shorten(error, 200)}",
            "Name a folder that holds config.json, weights and tokenizer, or a hub model while online.",
        ) from None
    tokenizer = load_tokenizer(path, model.config.vocab_size, "models.encoder")
    if is_bert:
        add_pooling_layer(model)
        embeddings = embed([row["text"] for row in rows], models.encoder)
        set_classifier(model, pooled(embeddings), [row["label"] for row in rows])
    return Start(model, tokenizer, revision(models.encoder))


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, recipe: Recipe) -> Examples:
    """Token ids and class numbers. Over-long texts are cut, or dropped with reason `over_long`."""
    if not rows:
        return Examples([])
    found = tokenizer([row["text"] for row in rows])["input_ids"]
    short = tokenizer([row["text"] for row in rows], truncation=True, max_length=recipe.max_tokens)["input_ids"]
    cut = [len(ids) > recipe.max_tokens for ids in found]
    items = [
        {"input_ids": ids, "labels": task.labels.index(row["label"])}
        for ids, row, is_cut in zip(short, rows, cut, strict=True)
        if not (is_cut and recipe.over_long == "drop")
    ]
    if recipe.over_long == "drop":
        return Examples(items, {"over_long": sum(cut)} if any(cut) else {})
    return Examples(items, cut=sum(cut))


def collate(tokenizer: Any) -> Collate:
    """Batches padded to their longest text."""

    def batch_of(examples: Sequence[Example]) -> dict[str, Any]:
        import torch

        batch = padded([example["input_ids"] for example in examples], tokenizer)
        return {**batch, "labels": torch.tensor([example["labels"] for example in examples])}

    return batch_of


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> Any:
    """Inverse class frequencies where the recipe asks for balance."""
    if recipe.class_weights == "none":
        return None
    counts = np.bincount([example["labels"] for example in examples], minlength=len(task.labels))
    return len(examples) / (np.count_nonzero(counts) * np.maximum(counts, 1))


def judge(model: Any, examples: Sequence[Example], collate: Collate, batch: int) -> Judgement:
    """Accuracy, macro F1 and mean loss; the temperature that calibrates this model."""
    from sklearn.metrics import f1_score

    logits = classify(model, examples, collate, batch)
    target = np.array([example["labels"] for example in examples])
    guess = logits.argmax(axis=1)
    loss = -np.log(softmax(logits)[np.arange(len(target)), target] + 1e-12).mean()
    metrics = {
        "loss": float(loss),
        "accuracy": float((guess == target).mean()),
        "macro_f1": float(f1_score(target, guess, average="macro", zero_division=0)),
    }
    return Judgement(metrics, {"temperature": fit_temperature(logits, target)})


def load(folder: Path, settings: Mapping[str, Any]) -> Predictor:
    """See `classifier.Classifier`."""
    from pipeline.modeling.heads.classifier import Classifier

    return Classifier(folder, settings)
