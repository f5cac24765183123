"""Chat: a causal language model (`models.generator`), loss on the assistant's tokens only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.modeling.batches import Collate, Example, Row, outputs
from pipeline.modeling.heads.contract import Examples, Judgement, Start
from pipeline.modeling.lm import packing
from pipeline.modeling.lm.collate import collate as collate
from pipeline.modeling.lm.kernels import memory
from pipeline.modeling.lm.kernels.token_loss import token_loss
from pipeline.modeling.lm.masking import IGNORED, encode_chat
from pipeline.modeling.lm.writing import gather
from pipeline.modeling.loading import check_room
from pipeline.modeling.models import Models, revision
from pipeline.modeling.prediction import Predictor
from pipeline.modeling.training.losses import Loss
from pipeline.modeling.training.recipe import Recipe

BEST = ("loss", False)


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """Nothing to compare between splits: chats have no classes."""


def start(models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
    """The pretrained model as it is."""
    from pipeline.modeling.lm.generator import load_generator

    if models.generator is None:
        raise PipelineError("models.generator is missing.", "Name a causal language model with a chat template.")
    tokenizer, model = load_generator(models.generator)
    check_room(model.config, recipe.max_length, "models.generator")
    if recipe.dropout is not None and hasattr(model.config, "attention_dropout"):
        model.config.attention_dropout = recipe.dropout
    return Start(model, tokenizer, revision(models.generator))


def encode(rows: Sequence[Row], tokenizer: Any, task: Task, recipe: Recipe) -> Examples:
    """Conversations as ids and labels; rows that cannot be learned from are counted by reason.

    Reasons: those of `encode_chat`, over_long (with over_long: drop), no_assistant_tokens (also after a cut). Notes
    count the tokens of replies, and those of them that cuts took away.
    """
    notes = {"reply_tokens": 0, "reply_tokens_cut": 0}

    def one(row: Row) -> tuple[Example, bool]:
        ids, labels = encode_chat(row["messages"], tokenizer)
        known = sum(label != IGNORED for label in labels)
        is_long = len(ids) > recipe.max_length
        if is_long:
            ids, labels = _shortened(ids, labels, recipe)
        notes["reply_tokens"] += known
        notes["reply_tokens_cut"] += known - sum(label != IGNORED for label in labels)
        return {"input_ids": ids, "labels": labels}, is_long

    return replace(gather(rows, one, "conversations"), notes=notes)


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> Any:
    """None: tokens are not classes to balance."""
    recipe.refuse_class_settings("a text that is written has no classes")


def loss(model: Any, class_weights: Any, recipe: Recipe) -> Loss:
    """Cross-entropy of the labelled tokens; see `token_loss`. From here on `model` trains in less memory."""
    memory.save(model)
    return token_loss(model, recipe.label_smoothing)


def pack(examples: Sequence[Example], model: Any, recipe: Recipe) -> list[Example]:
    """Rows of at most `max_length` that hold several examples each; see `packing.pack`."""
    packing.prepare(model, examples)
    return packing.pack(examples, recipe.max_length)


def judge(model: Any, examples: Sequence[Example], collate: Collate, batch: int) -> Judgement:
    """Mean loss and perplexity over the labelled tokens."""
    import torch

    total, tokens = 0.0, 0
    for _, logits, labels in outputs(model, examples, collate, batch):
        flat = logits.flatten(0, 1).float()
        total += float(torch.nn.functional.cross_entropy(flat, labels.flatten(), reduction="sum"))
        tokens += int((labels != IGNORED).sum())
    loss = total / max(tokens, 1)
    return Judgement({"loss": loss, "perplexity": float(torch.tensor(loss).exp())})


def load(folder: Path, settings: Mapping[str, Any]) -> Predictor:
    """See `replier.Replier`."""
    from pipeline.modeling.heads.chat_predictor import Replier

    return Replier(folder, settings)


def _shortened(ids: list[int], labels: list[int], recipe: Recipe) -> tuple[list[int], list[int]]:
    if recipe.over_long == "drop":
        raise Reject("over_long", f"{len(ids)} tokens")
    ids, labels = ids[: recipe.max_length], labels[: recipe.max_length]
    if all(label == IGNORED for label in labels):
        raise Reject("no_assistant_tokens", "no reply is left within max_length")
    return ids, labels
