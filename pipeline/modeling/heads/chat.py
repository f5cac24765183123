"""Chat: a causal language model (`models.generator`), loss on the assistant's tokens only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Collate, Example, Examples, Row, outputs
from pipeline.modeling.heads.contract import Evaluation, Start
from pipeline.modeling.lm import packing
from pipeline.modeling.lm.chat_template import ChatTemplate
from pipeline.modeling.lm.collate import collate as collate
from pipeline.modeling.lm.encoding import Encoder
from pipeline.modeling.lm.kernels import memory
from pipeline.modeling.lm.kernels.token_loss import token_loss
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.lm.replies import stop_ids
from pipeline.modeling.lm.training_examples import Gathered
from pipeline.modeling.loading import check_room
from pipeline.modeling.models import Models, revision
from pipeline.modeling.prediction import Predictor
from pipeline.modeling.training.losses import Loss
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

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
    _stop_where_replies_end(model, ChatTemplate(tokenizer, recipe.chat))
    return Start(model, tokenizer, revision(models.generator))


def _stop_where_replies_end(model: PreTrainedModel, template: ChatTemplate) -> None:
    """So that whoever loads the trained model stops writing where the template ends a reply."""
    known = model.generation_config.eos_token_id
    stops = {*stop_ids(template), *(known if isinstance(known, list) else [] if known is None else [known])}
    model.generation_config.eos_token_id = sorted(stops)


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """Conversations as ids and labels: one example a view (see `lm/views.py`).

    A row of which no reply can be learned is dropped; reasons: those of `Encoder.encode`, over_long (with
    over_long: drop), no_assistant_tokens (also after a cut). Notes count the replies that are learned and refused (by
    reason), the views, the tokens of replies and those of them that cuts took away.
    """
    return Gathered(Encoder(ChatTemplate(tokenizer, recipe.chat)), recipe).examples(rows)


def class_weights(examples: Sequence[Example], task: Task, recipe: Recipe) -> None:
    """None: tokens are not classes to balance."""
    recipe.refuse_class_settings("a text that is written has no classes")


def loss(model: PreTrainedModel, class_weights: NDArray[np.float64] | None, recipe: Recipe) -> Loss:
    """Cross-entropy of the labelled tokens; see `token_loss`. From here on `model` trains in less memory."""
    memory.save(model)
    return token_loss(model, recipe.label_smoothing)


def pack(examples: Sequence[Example], model: PreTrainedModel, recipe: Recipe) -> list[Example]:
    """Rows that hold several examples each; see `packing.layout` and `packing.pack`."""
    packing.prepare(model, examples)
    return packing.pack(examples, packing.layout(examples, recipe.batch_size, recipe.max_length).room)


def evaluate(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> Evaluation:
    """Mean loss and perplexity over the labelled tokens."""
    import torch

    total, tokens = 0.0, 0
    for _, logits, labels in outputs(model, examples, collate, batch):
        flat = logits.flatten(0, 1).float()
        total += float(torch.nn.functional.cross_entropy(flat, labels.flatten(), reduction="sum"))
        tokens += int((labels != IGNORED).sum())
    loss = total / max(tokens, 1)
    return Evaluation({"loss": loss, "perplexity": float(torch.tensor(loss).exp())})


def load(folder: Path, settings: Mapping[str, Target]) -> Predictor:
    """See `replier.Replier`."""
    from pipeline.modeling.heads.chat_predictor import Replier

    return Replier(folder, settings)
