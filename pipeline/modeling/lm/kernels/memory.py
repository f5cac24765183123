"""Less memory while a language model trains on a CPU, at the same values and about the same speed.

Two causes. A gated block (Llama's kind) keeps its gate, the gate's activation, the other branch and their product for
the backward pass, the widest tensors of all: two of the four are made again there, for some multiplications. And
between tensors that live long, glibc's allocator leaves holes of freed ones that fit none of the next: as much again
as the tensors, and more with each step. Where a layer ends and they take .75 GB more than was ever needed,
their pages are given back to the system: always doing so would cost a tenth of the speed, since new pages are zeroed.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

_LARGE = 1 << 20  # bytes of a layer's output from which holes can grow large; a guess: not measured
_MOST = 3 << 28  # bytes of holes that are left alone; a guess, checked with benchmarks/packing.py
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def save(model: PreTrainedModel) -> None:
    """Let `model` train in less memory. Names, weights and answers stay what they are."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    holes = Holes() if _libc() is not None else None
    for module in model.modules():
        if _is_gated(module):
            module.forward = _Gated(module)
        if holes and isinstance(module, GradientCheckpointingLayer):
            module.register_forward_hook(partial(_give_back, holes))


class Holes:
    """Freed memory that glibc keeps between blocks in use."""

    def __init__(self, most: int = _MOST) -> None:
        self._most, self._needed, self._other = most, 0, 0

    def give_back(self) -> None:
        """Return its pages to the system where the process holds `most` bytes more than it ever needed at once.

        Less would not do: what a backward pass frees is what the next forward pass takes.
        """
        resident, used = _memory()
        self._needed = max(self._needed, used)
        if resident - self._needed - self._other >= self._most:
            cast("ctypes.CDLL", _libc()).malloc_trim(0)
            resident, used = _memory()
            self._other = resident - used


def _memory() -> tuple[int, int]:
    """Bytes resident, and those of blocks in use; code and mapped files are in the first only."""
    used = cast("ctypes.CDLL", _libc()).mallinfo2()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * _PAGE, int(used.uordblks) + int(used.hblkhd)


class _Gated:
    """The forward function of a gated block, that makes again what is only products of what is kept."""

    def __init__(self, block: nn.Module) -> None:
        self._block: Any = block

    def __call__(self, hidden: Tensor) -> Tensor:
        import torch
        from torch.utils.checkpoint import checkpoint

        gate, up = self._block.gate_proj(hidden), self._block.up_proj(hidden)
        if not (self._block.training and torch.is_grad_enabled()):
            return self._join(gate, up)
        # Done again in the backward pass, but for the last product: its input is all that is missing there.
        found: Tensor = checkpoint(self._join, gate, up, use_reentrant=False)
        return found

    def _join(self, gate: Tensor, up: Tensor) -> Tensor:
        found: Tensor = self._block.down_proj(self._block.act_fn(gate) * up)
        return found


def _is_gated(block: nn.Module) -> bool:
    """Whether the block computes what `_Gated` does: some have biases or scales of their own."""
    import torch

    if not all(hasattr(block, name) for name in ("gate_proj", "up_proj", "down_proj", "act_fn")):
        return False
    gate = cast("nn.Linear", block.gate_proj)
    was_training = block.training
    block.eval()
    with torch.no_grad():
        hidden = torch.linspace(-1, 1, gate.in_features, dtype=gate.weight.dtype, device=gate.weight.device)[None, None]
        same = torch.equal(block(hidden), _Gated(block)(hidden))
    block.train(was_training)
    return same


def _give_back(holes: Holes, layer: nn.Module, _: object, output: Tensor) -> None:
    """After a layer's forward pass, and once more when the backward pass reaches its output."""
    hidden = output[0] if isinstance(output, tuple) else output
    if layer.training and hidden.device.type == "cpu" and hidden.numel() * hidden.element_size() >= _LARGE:
        holes.give_back()
        if hidden.requires_grad:
            hidden.register_hook(lambda _: holes.give_back())  # type: ignore[no-untyped-call]


class _MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    ]


@cache
def _libc() -> ctypes.CDLL | None:
    """The C library of this process; None where it cannot be named so (Windows)."""
    try:
        found = ctypes.CDLL(None)
        found.mallinfo2.restype = _MallInfo
    except (AttributeError, OSError, TypeError):
        return None
    return found
