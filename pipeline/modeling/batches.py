"""Running a model over many examples: padding, batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Required, TypedDict

import numpy as np

from pipeline.core.progress import Progress
from pipeline.core.record import Answer, Target
from pipeline.core.record import Row as Row
from pipeline.modeling.device import halving, to_model

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Example(TypedDict, total=False):
    """One tokenised example. The windows of a question have its number, context and answers as well."""

    input_ids: Required[list[int]]
    labels: Target  # a class number, one label a token, a number, ...: what the head learns
    token_type_ids: list[int]
    units: list[int]  # the unit that each token speaks for, -1: none
    offsets: list[list[int] | None]
    tags: list[int]
    parts: Sequence[tuple[int, int, str]]
    position_ids: list[int]
    row: int
    size: int
    context: str
    lang: str
    answers: list[Answer]


#: What a model is called with: input_ids, attention_mask, labels, ...
Batch = dict[str, "Tensor"]
Collate = Callable[[Sequence[Example]], Batch]


@dataclass(frozen=True)
class Examples:
    """Tokenised rows. `dropped` counts rows that cannot be learned from by reason, `cut` the truncated ones.

    `notes` are further counts for the report (windows, entities that tokens cannot show, ...).
    """

    items: list[Example]
    dropped: Mapping[str, int] = field(default_factory=dict)
    cut: int = 0
    notes: Mapping[str, int | Mapping[str, int]] = field(default_factory=dict)


def padded(sequences: Sequence[Sequence[int]], tokenizer: PreTrainedTokenizerBase, side: str = "right") -> Batch:
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


def padded_inputs(examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase) -> Batch:
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
    model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int, tokens: int | None = None
) -> Iterator[tuple[list[int], Tensor, Tensor]]:
    """Row numbers, logits and labels of every batch of `by_length`, without gradients."""
    import torch

    model.eval()

    def run(rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        inputs = to_model(collate([examples[n] for n in rows]), model)
        labels = inputs.pop("labels")
        with torch.inference_mode():
            return model(**inputs).logits, labels

    progress = Progress("texts read", len(examples))
    for rows in by_length([len(example["input_ids"]) for example in examples], batch, tokens):
        for part, (logits, labels) in halving(run, rows):
            yield list(part), logits, labels
        progress.add(len(rows))


def classify(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> NDArray[np.float64]:
    """Logits in the order of `examples`, shape (examples, classes)."""
    logits = np.zeros((len(examples), model.config.num_labels or 0))
    for rows, scores, _ in outputs(model, examples, collate, batch):
        logits[rows] = scores.double().cpu().numpy()
    return logits
