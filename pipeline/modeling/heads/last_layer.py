"""A linear start of a model's last layer: from a regression on what it receives before any training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from pipeline.modeling.batches import Collate, Example, outputs
from pipeline.modeling.features.linear import THOROUGH, LinearHead, fit
from pipeline.modeling.lm.loss_masking import IGNORED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn
    from transformers import PreTrainedModel

#: C of the regression behind a tag layer, on standardised states: of .001, .01 and .1 the best by span F1 on 300
#: sentences of CLUENER's dev file after 500 others (.161, .312, .268).
_STRENGTH = 0.01


def last_layer(model: PreTrainedModel, size: int) -> nn.Linear:
    """The linear layer that gives the answer: the last one with `size` outputs."""
    import torch

    return [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == size][-1]


@contextmanager
def received(layer: nn.Linear) -> Iterator[list[Tensor]]:
    """The inputs of `layer`, one tensor a forward pass, while the context lasts."""
    seen: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    try:
        yield seen
    finally:
        hook.remove()


def set_tag_layer(model: PreTrainedModel, examples: Sequence[Example], collate: Collate, batch: int) -> None:
    """Start the tag layer from logistic regression on its inputs; tags without a token keep their random weights.

    With fresh weights the first passes over the data go into finding what the pretrained states tell already
    (benchmarks/README.md, "Where entities start").
    """
    import torch

    if not examples:
        return
    layer = last_layer(model, int(model.config.num_labels or 0))
    states, tags = _states(model, layer, examples, collate, batch)
    if len(set(tags.tolist())) < 2:
        return
    mean, spread = states.mean(axis=0), states.std(axis=0) + 1e-6
    head = fit((states - mean) / spread, [f"{tag:06d}" for tag in tags.tolist()], _STRENGTH, tolerance=THOROUGH)
    coefficients, biases = _one_row_a_class(head)
    weights = coefficients / spread
    order = [int(name) for name in head.labels]
    with torch.no_grad():
        layer.bias.fill_(float(biases.min()))
        layer.weight[order] = torch.tensor(weights, dtype=torch.float32, device=layer.weight.device)
        layer.bias[order] = torch.tensor(biases - weights @ mean, dtype=torch.float32, device=layer.bias.device)


def _states(
    model: PreTrainedModel, layer: nn.Linear, examples: Sequence[Example], collate: Collate, batch: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What the layer receives for every token with a tag, and these tags."""
    states: list[NDArray[np.float32]] = []
    tags: list[NDArray[np.int64]] = []
    with received(layer) as seen:
        for _, _, labels in outputs(model, examples, collate, batch):
            known = labels != IGNORED
            states.append(seen.pop()[known].float().cpu().numpy())
            tags.append(labels[known].cpu().numpy())
    return np.concatenate(states), np.concatenate(tags)


def _one_row_a_class(head: LinearHead) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights and biases; of two classes each gets half."""
    weights, biases = head.weights.astype(np.float64), head.biases.astype(np.float64)
    if len(head.labels) == 2:
        return np.concatenate([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    return weights, biases
