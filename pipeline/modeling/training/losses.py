"""Training losses: each gets a model's outputs, the labels, and how many labels the whole step has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

Loss = Callable[..., "Tensor"]


class WithLogits(Protocol):
    """What a model with one output gives."""

    logits: Tensor


class WithEnds(Protocol):
    """What a model gives that marks answers in a text."""

    start_logits: Tensor
    end_logits: Tensor


def loss_function(class_weights: NDArray[np.float64] | None, smoothing: float, focal: float = 0.0) -> Loss:
    """Cross-entropy summed over a batch's labels and divided by the labels of the whole step.

    So accumulating four batches of two equals one batch of eight. Labels of -100 do not count. With `focal` above
    zero a label that the model finds likely counts less (Lin et al. 2017, https://arxiv.org/abs/1708.02002).
    """
    import torch

    weights = None if class_weights is None else torch.tensor(np.asarray(class_weights), dtype=torch.float32)

    def loss(outputs: WithLogits, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        logits = outputs.logits.flatten(0, -2).float()
        if weights is not None and weights.device != logits.device:
            weights.data = weights.to(logits.device)
        each = torch.nn.functional.cross_entropy(
            logits, labels.flatten(), weight=weights, label_smoothing=smoothing, reduction="none"
        )
        if focal:
            plain = torch.nn.functional.cross_entropy(logits, labels.flatten(), reduction="none")
            each = each * _hardness(plain, focal)
        return each.sum() / (num_items_in_batch if num_items_in_batch is not None else (labels != -100).sum())

    return loss


def _hardness(losses: Tensor, focal: float) -> Tensor:
    """(1 - p) ** focal, where p is the probability of the given label."""
    found: Tensor = (1 - (-losses).exp()).clamp(min=0) ** focal
    return found


def binary_cross_entropy(positive_weights: NDArray[np.float64] | None = None, focal: float = 0.0) -> Loss:
    """Mean over all labels of all rows; `positive_weights` counts present labels more; `focal` as above."""
    import torch

    weights = None if positive_weights is None else torch.tensor(np.asarray(positive_weights), dtype=torch.float32)

    def loss(outputs: WithLogits, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        logits, given = outputs.logits.float(), labels.float()
        entropy = torch.nn.functional.binary_cross_entropy_with_logits
        each = entropy(logits, given, pos_weight=weights, reduction="none")
        if focal:
            each = each * _hardness(entropy(logits, given, reduction="none"), focal)
        return each.sum() / (num_items_in_batch if num_items_in_batch is not None else labels.numel())

    return loss


def squared_error(mean: float, spread: float) -> Loss:
    """Mean squared error against labels brought to mean 0 and spread 1."""
    import torch

    def loss(outputs: WithLogits, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        target = (labels.float() - mean) / spread
        total = torch.nn.functional.mse_loss(outputs.logits.flatten().float(), target, reduction="sum")
        return total / (num_items_in_batch if num_items_in_batch is not None else labels.numel())

    return loss


def start_and_end(smoothing: float) -> Loss:
    """Cross-entropy over positions of an answer's first and last token, the mean of both."""
    import torch

    def loss(outputs: WithEnds, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        each = [
            torch.nn.functional.cross_entropy(logits.float(), labels[:, n], reduction="sum", label_smoothing=smoothing)
            for n, logits in enumerate((outputs.start_logits, outputs.end_logits))
        ]
        return (each[0] + each[1]) / (num_items_in_batch if num_items_in_batch is not None else labels.numel())

    return loss
