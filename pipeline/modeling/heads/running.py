"""Running a model over many examples: padding, batches of like length, errors while loading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import PipelineError, shorten
from pipeline.modeling.heads.contract import Collate, Example

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


def by_length(lengths: Sequence[int], batch: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first (memory trouble shows at once)."""
    order = sorted(range(len(lengths)), key=lambda n: (-lengths[n], n))
    for start in range(0, len(order), batch):
        yield order[start : start + batch]


def outputs(
    model: Any, examples: Sequence[Example], collate: Collate, batch: int
) -> Iterator[tuple[list[int], Any, Any]]:
    """Row numbers, logits and labels of every batch, without gradients."""
    import torch

    model.eval()
    for rows in by_length([len(example["input_ids"]) for example in examples], batch):
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


def load_saved(kind: Any, folder: Path) -> tuple[Any, Any]:
    """Model (in evaluation mode) and tokenizer of a folder that `train` wrote."""
    from transformers import AutoTokenizer

    quiet()
    try:
        model = kind.from_pretrained(folder).eval()
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(
            f"{folder}: the model does not load: {shorten(error, 200)}", "Train it again: dvc repro -f train"
        ) from None
    try:
        return model, AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(
            f"{folder}: the tokenizer is missing or unreadable: {shorten(error, 200)}",
            "Copy the whole model folder, tokenizer.json included.",
        ) from None
