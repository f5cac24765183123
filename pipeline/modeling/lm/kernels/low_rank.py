"""LoRA layers in fewer passes over memory: peft's values, but for rounding, in less time.

peft computes `xW + (xA)B * scale` in steps that each make a tensor of the layer's width, and as many on the way back.
On a CPU each costs a pass over memory and new pages. Here the low-rank part is added into `xW` where it stands, and its
gradient likewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from pipeline.modeling.autograd import Context

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor, nn
    from torch.autograd.function import Function


class _Layer(Protocol):
    """What of peft's LoRA layer is read: adapters by name, and the layer that they add to."""

    base_layer: nn.Linear
    active_adapters: list[str]
    lora_A: Mapping[str, nn.Linear]
    lora_B: Mapping[str, nn.Linear]
    lora_dropout: Mapping[str, nn.Module]
    lora_variant: Mapping[str, object]
    scaling: Mapping[str, float]
    merged: bool
    disable_adapters: bool

    def forward(self, hidden: Tensor, *args: object, **settings: object) -> Tensor:
        """Peft's own way."""


def fuse(model: PeftModel) -> int:
    """Let the plain LoRA layers of a peft model compute so; how many do. Names, weights and merging stay peft's.

    Layers with dropout, variants (DoRA), biases of their own or quantised weights stay as they are.
    """
    from peft.tuners.lora.layer import Linear

    fit = [module for module in model.modules() if type(module) is Linear and _is_plain(cast("_Layer", module))]
    for module in fit:
        module.forward = _Fused(cast("_Layer", module))  # type: ignore[method-assign, assignment]
    return len(fit)


def _is_plain(layer: _Layer) -> bool:
    import torch

    if type(layer.base_layer) is not torch.nn.Linear or len(layer.active_adapters) != 1:
        return False
    name = layer.active_adapters[0]
    return (
        name in layer.lora_A
        and name not in layer.lora_variant
        and isinstance(layer.lora_dropout[name], torch.nn.Identity)
        and layer.lora_A[name].bias is None
        and layer.lora_B[name].bias is None
        and not any(p.requires_grad for p in layer.base_layer.parameters())
    )


class _Fused:
    """The forward function of one layer; peft's own where this one does not fit the call."""

    def __init__(self, layer: _Layer) -> None:
        self._layer, self._own = layer, layer.forward
        self._name = layer.active_adapters[0]

    def __call__(self, hidden: Tensor, *args: object, **settings: object) -> Tensor:
        layer, name = self._layer, self._name
        down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
        base = layer.base_layer
        if args or settings or layer.merged or layer.disable_adapters or not _alike(hidden, base.weight, down, up):
            return self._own(hidden, *args, **settings)
        found: Tensor = _function().apply(hidden, base.weight, base.bias, down, up, layer.scaling[name])
        return found


def _alike(*tensors: Tensor) -> bool:
    """One type and one device, and no automatic mixing of types."""
    import torch

    device = tensors[0].device.type
    return len({(t.dtype, t.device) for t in tensors}) == 1 and not torch.is_autocast_enabled(device)


@cache
def _function() -> type[Function]:
    """The autograd function, made once torch is there."""
    import torch
    from torch.autograd.function import once_differentiable

    class LowRank(torch.autograd.Function):
        """(..., inputs), (outputs, inputs), (outputs) or None, (rank, inputs), (outputs, rank) -> (..., outputs)."""

        @staticmethod
        def forward(
            context: Context,
            hidden: Tensor,
            weight: Tensor,
            bias: Tensor | None,
            down: Tensor,
            up: Tensor,
            scale: float,
        ) -> Tensor:
            """The layer's output; keeps what the way back needs."""
            rows = hidden.reshape(-1, hidden.shape[-1])
            low = (rows @ down.t()).mul_(scale)
            found = torch.nn.functional.linear(rows, weight, bias).addmm_(low, up.t())
            context.save_for_backward(hidden, weight, down, up, low)
            context.scale = scale
            return found.view(*hidden.shape[:-1], -1)

        @staticmethod
        @once_differentiable
        def backward(context: Context, slope: Tensor) -> tuple[Tensor | None, ...]:
            """The gradients of `hidden`, `down` and `up`: the layer itself is frozen."""
            hidden, weight, down, up, low = context.saved_tensors
            slope = slope.reshape(-1, slope.shape[-1])
            inner = (slope @ up).mul_(context.scale)
            back = None
            if context.needs_input_grad[0]:
                back = (slope @ weight).addmm_(inner, down).view(hidden.shape)
            return back, None, None, inner.t() @ hidden.reshape(-1, hidden.shape[-1]), slope.t() @ low, None

    return LowRank
