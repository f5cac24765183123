"""Translation and summarization: `models.seq2seq` where it is named, else `models.generator` with an instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.modeling.batches import Collate, Example, Examples, Row
from pipeline.modeling.heads import chat, prompted, seq2seq
from pipeline.modeling.heads.chat import BEST, class_weights, evaluate
from pipeline.modeling.heads.contract import Start
from pipeline.modeling.models import Models
from pipeline.modeling.prediction import Predictor
from pipeline.modeling.training.losses import Loss, loss_function
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["BEST", "check", "class_weights", "collate", "encode", "evaluate", "load", "loss", "pack", "start"]


def check(splits: Mapping[str, Sequence[Row]], task: Task) -> None:
    """A translation needs to know into which language."""
    if task.type == "translation" and task.target_language is None:
        raise PipelineError("params.yaml: task.target_language is missing.", "Name it, such as zh.")


def start(models: Models, task: Task, rows: Sequence[Row], recipe: Recipe) -> Start:
    """The pretrained model as it is."""
    if models.seq2seq is not None:
        return seq2seq.start(models.seq2seq, recipe)
    if models.generator is None:
        raise PipelineError(
            "models.seq2seq and models.generator are both missing.",
            "Name an encoder-decoder (T5, mT5, BART, Marian, ...), or a causal language model with a chat template.",
        )
    return chat.start(models, task, rows, recipe)


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, task: Task, recipe: Recipe) -> Examples:
    """See `seq2seq.encode` and `prompted.encode`."""
    module = seq2seq if seq2seq.is_for_seq2seq(tokenizer) else prompted
    result: Examples = module.encode(rows, tokenizer, task, recipe)
    return result


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """See `seq2seq.collate` and `chat.collate`."""
    return seq2seq.collate(tokenizer) if seq2seq.is_for_seq2seq(tokenizer) else chat.collate(tokenizer)


def loss(model: PreTrainedModel, class_weights: NDArray[np.float64] | None, recipe: Recipe) -> Loss:
    """See `chat.loss`; encoder-decoders take plain cross-entropy."""
    if model.config.is_encoder_decoder:
        return loss_function(None, recipe.label_smoothing)
    return chat.loss(model, class_weights, recipe)


def pack(examples: Sequence[Example], model: PreTrainedModel, recipe: Recipe) -> list[Example]:
    """See `chat.pack`."""
    if model.config.is_encoder_decoder:
        raise PipelineError("params.yaml: train.packing: an encoder-decoder reads one text a row.", "Set it to false.")
    return chat.pack(examples, model, recipe)


def load(folder: Path, settings: Mapping[str, Target]) -> Predictor:
    """See `seq2seq.Seq2SeqWriter` and `prompted.PromptedWriter`; the model's configuration says which."""
    from transformers import AutoConfig

    try:
        is_seq2seq = AutoConfig.from_pretrained(folder).is_encoder_decoder
    except (OSError, ValueError):
        is_seq2seq = False  # loading the model tells what is wrong
    return (seq2seq.Seq2SeqWriter if is_seq2seq else prompted.PromptedWriter)(folder, settings)
