"""A small model, and examples to pack."""

from __future__ import annotations

from typing import Any

from pipeline.modeling.batches import Example
from pipeline.modeling.lm.loss_masking import IGNORED


def examples(sizes, seed=0) -> list[Example]:
    import numpy as np

    rng = np.random.default_rng(seed)
    rows = [rng.integers(3, 200, size).tolist() for size in sizes]
    return [{"input_ids": ids, "labels": [IGNORED] * (len(ids) // 2) + ids[len(ids) // 2 :]} for ids in rows]


def gradients(model):
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


class _Padding:
    """What collating asks of a tokenizer."""

    pad_token_id = 0
    eos_token_id = 2


def padding() -> Any:
    return _Padding()
