"""Less memory while a language model trains on a CPU, at the same values and about the same speed.

Two causes. A gated block (Llama's kind) keeps its gate, the gate's activation, the other branch and their product for
the backward pass, the widest tensors of all: two of the four are made again there, for some multiplications. And
between tensors that live long, glibc's allocator leaves holes of freed ones that fit none of the next: as much again
as the tensors, and more with each step. Where a layer ends, their pages are given back to the system.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

_LARGE = 1 << 22  # bytes of a layer's output from which holes are worth giving back: the walk takes some milliseconds


def save(model: Any) -> None:
    """Let `model` train in less memory. Names, weights and answers stay what they are."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    for module in model.modules():
        if _is_gated(module):
            module.forward = _Gated(module)
        if isinstance(module, GradientCheckpointingLayer):
            module.register_forward_hook(_give_back)


def give_back_holes() -> None:
    """Return the pages of freed memory to the system; nothing happens where the C library is not glibc."""
    trim = _trim()
    if trim is not None:
        trim(0)


class _Gated:
    """The forward function of a gated block, that makes again what is only products of what is kept."""

    def __init__(self, block: Any) -> None:
        self._block = block

    def __call__(self, hidden: Any) -> Any:
        import torch
        from torch.utils.checkpoint import checkpoint

        gate, up = self._block.gate_proj(hidden), self._block.up_proj(hidden)
        if not (self._block.training and torch.is_grad_enabled()):
            return self._join(gate, up)
        return checkpoint(
            self._join, gate, up, use_reentrant=False
        )  # stops before down_proj: its input is all it needs

    def _join(self, gate: Any, up: Any) -> Any:
        return self._block.down_proj(self._block.act_fn(gate) * up)


def _is_gated(block: Any) -> bool:
    """Whether the block computes what `_Gated` does: some have biases or scales of their own."""
    import torch

    if not all(hasattr(block, name) for name in ("gate_proj", "up_proj", "down_proj", "act_fn")):
        return False
    weight = next(block.gate_proj.parameters())
    was_training = block.training
    block.eval()
    with torch.no_grad():
        hidden = torch.linspace(-1, 1, block.gate_proj.in_features, dtype=weight.dtype, device=weight.device)[
            None, None
        ]
        same = torch.equal(block(hidden), _Gated(block)(hidden))
    block.train(was_training)
    return same


def _give_back(layer: Any, _: Any, output: Any) -> None:
    """After a layer's forward pass, and once more when the backward pass reaches its output."""
    hidden = output[0] if isinstance(output, tuple) else output
    if layer.training and hidden.device.type == "cpu" and hidden.numel() * hidden.element_size() >= _LARGE:
        give_back_holes()
        if hidden.requires_grad:
            hidden.register_hook(lambda _: give_back_holes())


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS; Windows cannot name the running program so
        return None
