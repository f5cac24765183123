"""Loading models and tokenizers that `train` wrote or that settings name, with errors that say what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from pipeline.core.errors import PipelineError, shorten
from pipeline.modeling import onnx
from pipeline.modeling.device import placement
from pipeline.modeling.load_errors import load_errors
from pipeline.modeling.models import load_error
from pipeline.modeling.prefixes import with_prefix

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
    from transformers.models.auto.auto_factory import _BaseAutoModelClass


def quiet() -> None:
    """Keep transformers' loading bars and notes on fresh layers out of the log."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def load_tokenizer(path: str | Path, vocabulary: int, where: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a hub name or folder. `vocabulary` is how many token ids the model knows.

    For a folder without tokenizer files transformers may make up an empty tokenizer; that is refused here.
    """
    from transformers import AutoTokenizer

    folder = Path(path)
    if folder.is_dir() and not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise PipelineError(f"{where}: {path} holds no tokenizer ({', '.join(_TOKENIZER_FILES)}).", _WHOLE_FOLDER)
    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
    except load_errors() as error:
        message = f"{where}: the tokenizer of {path} is unreadable: {shorten(error)}"
        raise load_error(path, error, message, _WHOLE_FOLDER) from None
    if len(tokenizer) > vocabulary:
        raise PipelineError(
            f"{where}: the tokenizer of {path} has {len(tokenizer)} tokens, the model knows {vocabulary}.",
            "Model and tokenizer do not belong together. " + _WHOLE_FOLDER,
        )
    return with_prefix(tokenizer, str(path))


def check_room(
    config: PretrainedConfig, max_length: int, where: str, setting: str = "params.yaml: train.max_length"
) -> None:
    """Refuse a `max_length` that the model has no positions for; `where` names the model's setting.

    Models with relative positions only (T5, XLNet, DeBERTa without position embeddings) read any length.
    """
    positions = getattr(config, "max_position_embeddings", None)
    if positions is None or positions < 0 or not getattr(config, "position_biased_input", True):
        return
    # RoBERTa and its kin number positions from the padding token's id on.
    room = positions - (config.pad_token_id + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0)
    if max_length > room:
        raise PipelineError(
            f"{setting}: {max_length}, but {where} reads at most {room} tokens.",
            f"Set it to {room} or less.",
        )


_POSITIONS_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "xmod", "mpnet", "longformer")


def load_saved(kind: type[_BaseAutoModelClass], folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model (in evaluation mode, where this machine computes) and tokenizer of a folder that `train` wrote."""
    quiet()
    if (folder / onnx.FILE).is_file():
        exported = onnx.load(folder)
        return cast("PreTrainedModel", exported), load_tokenizer(
            folder, exported.config.vocab_size, "the exported model"
        )
    try:
        model = placement().put(kind.from_pretrained(folder).eval())
        _try_out(model)
    except load_errors() as error:
        hint = "Train it again: dvc repro -f train"
        raise PipelineError(f"{folder}: the model does not load: {shorten(error, 200)}", hint) from None
    return model, load_tokenizer(folder, model.config.vocab_size, "the trained model")


def _try_out(model: PreTrainedModel) -> None:
    """One forward pass on a few tokens: a damaged config.json builds many a model that fails only there."""
    import torch

    with torch.inference_mode():
        model(**{name: value.to(model.device) for name, value in model.dummy_inputs.items()})


_TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)


_WHOLE_FOLDER = "Copy the whole model folder, tokenizer files included."
