"""Cross-entropy over a large vocabulary in little memory.

Logits are the largest tensor of a small language model: 2,048 tokens of a vocabulary of 49,152 take 400 MB, and
the loss and its gradient hold several copies. Here only labelled positions get logits, some hundred at a time, and
each part's gradient is taken at once, so no two parts are ever held together and nothing is computed twice.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline.modeling.autograd import Context
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.training.losses import Loss, WithLogits, loss_function

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

#: Positions whose logits are held at a time. A guess: not measured.
_CHUNK = 256


def token_loss(model: PreTrainedModel, smoothing: float) -> Loss:
    """Summed cross-entropy of labelled positions over the labels of the whole step.

    While `model` trains, its output layer passes hidden states on, and this loss applies the layer itself. Models
    that change logits after that layer (soft capping, scaling) and runs on several devices keep the plain way.
    """
    plain = loss_function(None, smoothing)
    output_layer = model.get_output_embeddings()
    if output_layer is None or int(os.environ.get("WORLD_SIZE", "1")) > 1:
        return plain
    layer = _Bypass(output_layer)
    if not layer.is_last(model):
        layer.remove()
        return plain

    def loss(outputs: WithLogits, labels: Tensor, num_items_in_batch: Tensor | None = None) -> Tensor:
        if not output_layer.training:
            return plain(outputs, labels, num_items_in_batch)
        known = labels != IGNORED
        total = _chunked(outputs.logits[known], labels[known], layer, smoothing)
        return total / (num_items_in_batch if num_items_in_batch is not None else known.sum())

    return loss


class _Bypass:
    """Stands for the forward function of an output layer: hidden states pass through while the layer trains."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer, self.apply = layer, layer.forward
        layer.forward = self

    def __call__(self, hidden: Tensor) -> object:
        return hidden if self.layer.training else self.apply(hidden)

    def remove(self) -> None:
        """Give the layer its own function back."""
        del self.layer.forward

    def is_last(self, model: PreTrainedModel) -> bool:
        """Whether the model's logits are exactly what the layer gives."""
        import torch

        was_training = model.training
        model.eval()
        ids = torch.arange(8, device=model.device)[None] % model.config.get_text_config().vocab_size
        with torch.no_grad():
            logits = model(input_ids=ids).logits
            self.layer.train()
            passed = model(input_ids=ids).logits
            same = passed.shape[:-1] == logits.shape[:-1] and torch.allclose(
                self.apply(passed).float(), logits.float(), atol=1e-4, rtol=1e-4
            )
        model.train(was_training)
        return bool(same)


def _chunked(hidden: Tensor, labels: Tensor, layer: _Bypass, smoothing: float) -> Tensor:
    """The summed loss of all rows, with the gradients of `hidden` and of the layer's trained weights."""
    import torch

    weights = [p for p in layer.layer.parameters() if p.requires_grad]
    dtype = next(layer.layer.parameters()).dtype  # frozen weights may be held in another type than hidden states have

    class Summed(torch.autograd.Function):
        @staticmethod
        def forward(context: Context, hidden: Tensor, *weights: Tensor) -> Tensor:
            """The summed loss; each part's gradients are taken at once and kept for the way back."""
            total = hidden.new_zeros((), dtype=torch.float32)
            slopes = torch.empty_like(hidden)
            sums = [torch.zeros_like(weight) for weight in weights]
            for start in range(0, len(hidden), _CHUNK):
                part = slice(start, start + _CHUNK)
                with torch.enable_grad():
                    states = hidden[part].detach().requires_grad_()
                    loss = torch.nn.functional.cross_entropy(
                        layer.apply(states.to(dtype)).float(), labels[part], reduction="sum", label_smoothing=smoothing
                    )
                    slopes[part], *more = torch.autograd.grad(loss, [states, *weights])
                total += loss.detach()
                for known, found in zip(sums, more, strict=True):
                    known += found
            context.save_for_backward(slopes, *sums)
            return total

        @staticmethod
        def backward(context: Context, *slope: Tensor) -> tuple[Tensor, ...]:
            """The kept gradients times that of the sum."""
            return tuple(slope[0] * saved for saved in context.saved_tensors)

    found: Tensor = Summed.apply(hidden, *weights)
    return found
