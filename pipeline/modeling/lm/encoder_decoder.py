"""Encoder-decoder models (T5, mT5, BART, Marian, ...) by folder or hub name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.core.errors import shorten
from pipeline.modeling.load_errors import load_errors
from pipeline.modeling.models import load_error

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_encoder_decoder(path: str, where: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer, and model in float32 and evaluation mode. `where` names the setting, for errors."""
    from transformers import AutoModelForSeq2SeqLM

    from pipeline.modeling.loading import load_tokenizer

    try:
        model = AutoModelForSeq2SeqLM.from_pretrained(path, dtype="float32").eval()
    except load_errors() as error:
        raise load_error(
            path,
            error,
            f"{where}: '{path}' is no encoder-decoder that loads: {shorten(error, 200)}",
            "Name a folder that holds config.json, weights and tokenizer, or a hub model while online.",
        ) from None
    return load_tokenizer(path, model.config.vocab_size, where), model
