"""Conversations as batches for a causal language model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.modeling.batches import Batch, Collate, Example, padded
from pipeline.modeling.lm import packing
from pipeline.modeling.lm.loss_masking import IGNORED

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def collate(tokenizer: PreTrainedTokenizerBase) -> Collate:
    """Right-padded batches. Logits are computed only where some row of the batch has a label.

    `labels` belong to these positions and are already shifted: each is the token to come next.
    """

    def batch_of(examples: Sequence[Example]) -> Batch:
        import torch

        batch = padded([example["input_ids"] for example in examples], tokenizer)
        if "position_ids" in examples[0]:
            batch = packing.positions(examples, batch["input_ids"])
        labels = torch.full_like(batch["input_ids"], IGNORED)
        for n, example in enumerate(examples):
            labels[n, : len(example["labels"]) - 1] = torch.tensor(example["labels"][1:])
        kept = (labels != IGNORED).any(dim=0).nonzero().flatten()
        return {**batch, "logits_to_keep": kept, "labels": labels[:, kept]}

    return batch_of
