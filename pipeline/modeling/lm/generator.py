"""The causal language model that `models.generator` names, GGUF files included."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.cache import cache_folder, key
from pipeline.core.errors import PipelineError, shorten
from pipeline.modeling.lm.templates import template_text
from pipeline.modeling.load_errors import load_errors
from pipeline.modeling.loading import load_tokenizer
from pipeline.modeling.models import Model, identity, load_error, local_path

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_WHERE = "models.generator"


def load_generator(model: Model) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer (with a chat template) and causal language model in float32, in evaluation mode."""
    from transformers import AutoModelForCausalLM

    path = generator_folder(model)
    try:
        loaded = AutoModelForCausalLM.from_pretrained(path, dtype="float32").eval()
    except load_errors() as error:
        raise load_error(
            path,
            error,
            f"{_WHERE}: '{path}' is no causal language model that loads: {shorten(error, 200)}",
            "Name a folder that holds config.json, weights and tokenizer, a GGUF file, or a hub model while online.",
        ) from None
    return generator_tokenizer(model, loaded.config.vocab_size), loaded


def generator_tokenizer(model: Model, vocabulary: int) -> PreTrainedTokenizerBase:
    """The tokenizer, with the chat template of the settings or its own. `vocabulary`: how many tokens the model has."""
    path = generator_folder(model)
    tokenizer = load_tokenizer(path, vocabulary, _WHERE)
    if model.chat_template:
        tokenizer.chat_template = template_text(model.chat_template, f"{_WHERE}.chat_template")
    if not tokenizer.chat_template:
        raise PipelineError(
            f"{_WHERE}: '{path}' has no chat template.", f"Name an instruct model, or set {_WHERE}.chat_template."
        )
    return tokenizer


def generator_folder(model: Model) -> str:
    """What `from_pretrained` takes. A GGUF file is converted once and kept in the cache."""
    path = local_path(model, _WHERE)
    if not path.endswith(".gguf"):
        return path
    weights = model.model_copy(update={"chat_template": None})
    folder = cache_folder() / "models" / key("gguf", identity(weights), model.sha256 or "").hex()
    if not folder.is_dir():
        _convert(Path(path), folder)
    return str(folder)


def _convert(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    if not file.is_file():
        raise PipelineError(f"{_WHERE}: {file}: no such file.", "Check the name.")
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    # Without dequantize=True the model counts as quantised and cannot be saved.
    model = AutoModelForCausalLM.from_pretrained(
        **source, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    model.save_pretrained(part)
    AutoTokenizer.from_pretrained(**source).save_pretrained(part)
    try:
        part.rename(folder)
    except OSError:  # another run was faster
        shutil.rmtree(part)
