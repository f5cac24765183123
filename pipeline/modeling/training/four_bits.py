"""QLoRA: the frozen linear layers of a model in four bits, adapters trained on top (Dettmers et al. 2023).

https://arxiv.org/abs/2305.14314: NormalFloat4, its constants quantised too, by bitsandbytes. The plain weights wait in
main memory: adapters are added into these at the end, so that the saved model is a plain one without rounding.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel

#: Where a layer in four bits has its plain weights.
_PLAIN = "plain_layer"


def to_four_bits(model: PreTrainedModel, spared: set[str], compute: str) -> int:
    """Put linear layers in four bits in place of the model's own; how many.

    `spared` names parts that stay (new heads); so does the output layer. `compute`: the type of number that products
    are made in. bitsandbytes packs the weights when the model moves to its device. Raises PipelineError without it.
    """
    import torch

    library = _library()
    output = model.get_output_embeddings()
    found = [
        (name, module)
        for name, module in model.named_modules()
        if type(module) is torch.nn.Linear and module is not output and name.split(".")[0] not in spared
    ]
    for name, plain in found:
        layer = library.nn.Linear4bit(
            plain.in_features,
            plain.out_features,
            bias=plain.bias is not None,
            compute_dtype=getattr(torch, compute),
            compress_statistics=True,
            quant_type="nf4",
        )
        layer.weight = library.nn.Params4bit(
            plain.weight.data.clone(), requires_grad=False, compress_statistics=True, quant_type="nf4"
        )
        if plain.bias is not None:
            layer.bias = torch.nn.Parameter(plain.bias.data.clone(), requires_grad=False)
        layer.__dict__[_PLAIN] = plain  # no submodule: it neither moves nor is it saved
        _put(model, name, layer)
    cast("Any", model).is_loaded_in_4bit = True  # as peft asks for it
    return len(found)


def merge_four_bits(model: PreTrainedModel) -> None:
    """Put the plain layers back, adapters added into their weights; what is in no four bits stays as it is."""
    import torch

    adapted = [
        (name, module)
        for name, module in model.named_modules()
        if hasattr(module, "get_delta_weight") and _PLAIN in getattr(module, "base_layer", module).__dict__
    ]
    for name, module in adapted:
        plain: nn.Linear = module.base_layer.__dict__[_PLAIN]
        with torch.no_grad():
            for adapter in module.active_adapters:
                plain.weight += module.get_delta_weight(adapter).to(plain.weight.device, plain.weight.dtype)
        _put(model, name, plain)
    for name, module in [(name, module) for name, module in model.named_modules() if _PLAIN in module.__dict__]:
        _put(model, name, module.__dict__[_PLAIN])


def _put(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(model.get_submodule(parent), own, layer)


def _library() -> Any:
    try:
        return import_module("bitsandbytes")
    except ImportError:
        raise PipelineError(
            "params.yaml: train.lora.load_in_4bit needs bitsandbytes, which is not installed.",
            "Install it (pip install bitsandbytes), or set load_in_4bit: false.",
        ) from None
