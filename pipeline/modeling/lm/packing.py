"""Several short examples in one row, without one seeing another: no padding to compute, no attention across.

Positions begin anew with each example. Where `position_ids` restart, and neither an attention mask nor a cache is
there, transformers builds a causal mask of blocks: an example's logits are those it has alone (`prepare` makes sure).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from pipeline.core.errors import PipelineError
from pipeline.modeling.batches import Batch, Example
from pipeline.modeling.lm.kernels import packed_attention
from pipeline.modeling.lm.loss_masking import IGNORED

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

#: Tokens of each of the two examples on which `prepare` compares packed and alone. A guess: not measured.
_PROBE = 12
_TOLERANCE = 1e-3  # a guess: not measured


def pack(examples: Sequence[Example], room: int) -> list[Example]:
    """Rows of at most `room` tokens: the longest example first, each into the fullest row that still takes it.

    Every example is in exactly one row, whole (best-fit decreasing; Ding et al. 2024,
    https://arxiv.org/abs/2404.10830). Examples longer than `room` get a row of their own.
    """
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # (tokens left, row), ascending
    for n in sorted(range(len(examples)), key=lambda n: (-len(examples[n]["input_ids"]), n)):
        size = len(examples[n]["input_ids"])
        place = bisect_left(free, (size, -1))
        if place == len(free):
            rows.append([n])
            insort(free, (room - size, len(rows) - 1))
        else:
            left, row = free.pop(place)
            rows[row].append(n)
            insort(free, (left - size, row))
    return [_joined([examples[n] for n in row]) for row in rows]


class Layout(NamedTuple):
    """How many packed rows make a batch, and how many tokens a row takes."""

    rows: int
    room: int


def layout(examples: Sequence[Example], batch_size: int, max_length: int) -> Layout:
    """Rows and tokens for which a batch holds the tokens of `batch_size` examples, so that an epoch has as many steps.

    A batch of fewer tokens than `max_length` is one row of so many; longer examples have a row of their own.

    >>> layout([{"input_ids": [0] * 100}] * 50, 8, 400), layout([{"input_ids": [0] * 100}] * 50, 2, 400)
    (Layout(rows=2, room=400), Layout(rows=1, room=200))
    """
    lengths = [len(example["input_ids"]) for example in examples]
    tokens = batch_size * sum(lengths) / max(len(lengths), 1)
    if tokens >= max_length:
        return Layout(round(tokens / max_length), max_length)
    return Layout(1, max(ceil(tokens), 1))


def positions(rows: Sequence[Example], input_ids: Tensor) -> Batch:
    """The batch of packed rows: ids and positions, and no attention mask. A row's padding is one example more."""
    import torch

    found = torch.zeros_like(input_ids)
    for n, row in enumerate(rows):
        size = len(row["position_ids"])
        found[n, :size] = torch.tensor(row["position_ids"])
        found[n, size:] = torch.arange(input_ids.shape[1] - size)
    return {"input_ids": input_ids, "position_ids": found, "use_cache": False}  # type: ignore[dict-item]


def prepare(model: PreTrainedModel, examples: Sequence[Example]) -> None:
    """Let `model` train on packed rows, by the fastest attention that keeps examples apart.

    Raises PipelineError unless the model gives two packed examples the logits that each has alone.
    """
    if len(examples) < 2:
        return
    if packed_attention.use(model):
        if _keeps_apart(model, examples):
            return
        packed_attention.leave(model)
    if not _keeps_apart(model, examples):
        raise PipelineError(
            f"params.yaml: train.packing: {type(model).__name__} lets packed examples see each other.",
            "Set it to false.",
        )


def _keeps_apart(model: PreTrainedModel, examples: Sequence[Example]) -> bool:
    import torch

    parts: list[Example] = [
        {"input_ids": e["input_ids"][:_PROBE], "labels": e["labels"][:_PROBE]} for e in examples[:2]
    ]
    row = _joined(parts)
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        together = model(**positions([row], torch.tensor([row["input_ids"]], device=model.device))).logits[0]
        alone = [model(input_ids=torch.tensor([part["input_ids"]]).to(model.device)).logits[0] for part in parts]
    model.train(was_training)
    return torch.allclose(together, torch.cat(alone), atol=_TOLERANCE, rtol=_TOLERANCE)


def _joined(examples: Sequence[Example]) -> Example:
    return {
        "input_ids": [token for example in examples for token in example["input_ids"]],
        # The first token of an example is never to be foretold from the one before it.
        "labels": [label for example in examples for label in (IGNORED, *example["labels"][1:])],
        "position_ids": [place for example in examples for place in range(len(example["input_ids"]))],
    }
