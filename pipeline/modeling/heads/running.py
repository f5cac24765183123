"""Running a model over many examples: padding, batches of like length, errors while loading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import PipelineError, shorten
from pipeline.modeling import onnx
from pipeline.modeling.damage import load_errors
from pipeline.modeling.heads.contract import Collate, Example
from pipeline.modeling.models import load_error

if TYPE_CHECKING:
    from numpy.typing import NDArray


def quiet() -> None:
    """Keep transformers' loading bars and notes on fresh layers out of the log."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def padded(sequences: Sequence[Sequence[int]], tokenizer: Any, side: str = "right") -> dict[str, Any]:
    """`input_ids` and `attention_mask`, padded to the longest sequence."""
    import torch

    width = max(len(ids) for ids in sequences)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    input_ids = torch.full((len(sequences), width), pad or 0)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for n, ids in enumerate(sequences):
        place = slice(0, len(ids)) if side == "right" else slice(width - len(ids), width)
        input_ids[n, place] = torch.tensor(ids)
        mask[n, place] = 1
    return {"input_ids": input_ids, "attention_mask": mask}


def padded_inputs(examples: Sequence[Example], tokenizer: Any) -> dict[str, Any]:
    """Like `padded`, with `token_type_ids` where the examples have them (pairs of texts)."""
    import torch

    batch = padded([example["input_ids"] for example in examples], tokenizer)
    if "token_type_ids" in examples[0]:
        types = torch.zeros_like(batch["input_ids"])
        for n, example in enumerate(examples):
            types[n, : len(example["token_type_ids"])] = torch.tensor(example["token_type_ids"])
        batch["token_type_ids"] = types
    return batch


def by_length(lengths: Sequence[int], batch: int, tokens: int | None = None) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first (memory trouble shows at once).

    A batch has at most `batch` rows and, where `tokens` is given, that many tokens with padding; a longer row stands
    alone.
    """
    order = sorted(range(len(lengths)), key=lambda n: (-lengths[n], n))
    start = 0
    while start < len(order):
        rows = batch if tokens is None else max(1, min(batch, tokens // max(lengths[order[start]], 1)))
        yield order[start : start + rows]
        start += rows


def outputs(
    model: Any, examples: Sequence[Example], collate: Collate, batch: int, tokens: int | None = None
) -> Iterator[tuple[list[int], Any, Any]]:
    """Row numbers, logits and labels of every batch of `by_length`, without gradients."""
    import torch

    model.eval()
    for rows in by_length([len(example["input_ids"]) for example in examples], batch, tokens):
        inputs = {k: v.to(model.device) for k, v in collate([examples[n] for n in rows]).items()}
        labels = inputs.pop("labels")
        with torch.inference_mode():
            yield rows, model(**inputs).logits, labels


def classify(model: Any, examples: Sequence[Example], collate: Collate, batch: int) -> NDArray[np.float64]:
    """Logits in the order of `examples`, shape (examples, classes)."""
    logits = np.zeros((len(examples), model.config.num_labels))
    for rows, scores, _ in outputs(model, examples, collate, batch):
        logits[rows] = scores.double().cpu().numpy()
    return logits


def load_tokenizer(path: str | Path, vocabulary: int, where: str) -> Any:
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
    return tokenizer


def check_room(config: Any, max_tokens: int, where: str) -> None:
    """Refuse a `train.max_tokens` that the model has no positions for; `where` names the model's setting.

    Models with relative positions only (T5, DeBERTa without position embeddings) read any length.
    """
    positions = getattr(config, "max_position_embeddings", None)
    if positions is None or not getattr(config, "position_biased_input", True):
        return
    # RoBERTa and its kin number positions from the padding token's id on.
    room = positions - (config.pad_token_id + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0)
    if max_tokens > room:
        raise PipelineError(
            f"params.yaml: train.max_tokens: {max_tokens}, but {where} reads at most {room} tokens.",
            f"Set it to {room} or less.",
        )


_POSITIONS_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "xmod", "mpnet", "longformer")


def load_saved(kind: Any, folder: Path) -> tuple[Any, Any]:
    """Model (in evaluation mode) and tokenizer of a folder that `train` wrote."""
    quiet()
    if (folder / onnx.FILE).is_file():
        exported = onnx.load(folder)
        return exported, load_tokenizer(folder, exported.config.vocab_size, "the exported model")
    try:
        model = kind.from_pretrained(folder).eval()
    except load_errors() as error:
        hint = "Train it again: dvc repro -f train"
        raise PipelineError(f"{folder}: the model does not load: {shorten(error, 200)}", hint) from None
    return model, load_tokenizer(folder, model.config.vocab_size, "the trained model")


_TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_WHOLE_FOLDER = "Copy the whole model folder, tokenizer files included."
