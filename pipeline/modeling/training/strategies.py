"""What is trained, at which rate: freezing, adapters, parameter groups, optimiser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from pipeline.core.errors import PipelineError
from pipeline.modeling.device import training_dtype
from pipeline.modeling.lm.kernels import low_rank
from pipeline.modeling.training.four_bits import merge_four_bits, to_four_bits
from pipeline.modeling.training.recipe import Recipe

if TYPE_CHECKING:
    from peft import PeftModel
    from torch.nn import Parameter
    from torch.optim import Optimizer
    from transformers import PreTrainedModel

_LAYER = re.compile(r"\.(?:layer|layers|h|blocks?)\.(\d+)\.")
_EMBEDDINGS = re.compile(r"(^|\.)(embeddings?|embed_tokens|embed_positions|wte|wpe|shared)\.")
_NEW = re.compile(r"(^|\.)(classifier|score|qa_outputs|crf)\.")


def _check_layers(frozen: int, layers: int) -> None:
    if not 0 <= frozen <= layers:
        raise PipelineError(f"params.yaml: train.freeze: {frozen} layers, but the model has {layers}.", "Name fewer.")


def freeze(model: PreTrainedModel, recipe: Recipe) -> None:
    """Stop the gradients of what `recipe.freeze` names; parameters frozen before stay so."""
    if recipe.freeze == "none":
        return
    lowest = recipe.freeze if isinstance(recipe.freeze, int) else 0
    _check_layers(lowest, layer_count(model))
    for name, parameter in model.named_parameters():
        is_low = bool(_EMBEDDINGS.search(name)) or -1 < _layer(name) < lowest
        if is_low or (recipe.freeze == "all" and not _NEW.search(name)):
            parameter.requires_grad_(False)


def thawing_order(model: PreTrainedModel) -> list[list[Parameter]]:
    """Trainable parameters in the order in which gradual unfreezing frees them.

    New layers, the top layer with what lies above it, each layer below, embeddings (Howard and Ruder 2018,
    https://arxiv.org/abs/1801.06146).
    """
    layers = layer_count(model)
    stages: dict[int, list[Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            stages.setdefault(-1 if _NEW.search(name) else _depth(name, layers), []).append(parameter)
    return [stages[depth] for depth in sorted(stages)]


def adapt(model: PreTrainedModel, recipe: Recipe) -> PreTrainedModel:
    """The model with LoRA adapters, only these and new heads trainable; itself where the recipe has none.

    Where training mixes float32 with bfloat16, the frozen weights of a model without new heads are held in bfloat16:
    half the memory. With `load_in_4bit` linear layers are held in four bits. `merge` brings them back first.
    """
    if recipe.lora is None:
        return model
    from peft import LoraConfig, get_peft_model

    attention = ["q_proj", "k_proj", "v_proj", "o_proj", "out_proj", "query", "key", "value", "q", "k", "v", "o"]
    found = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    targets = "all-linear" if recipe.lora.target_modules == "all" else sorted(found & set(attention))
    new = sorted({name.split(".")[0] for name, _ in model.named_parameters() if _NEW.search(name)})
    dtype = training_dtype(recipe.precision)
    if recipe.lora.load_in_4bit:
        to_four_bits(model, {*new}, dtype)
    config = LoraConfig(
        r=recipe.lora.rank,
        lora_alpha=cast("int", recipe.lora.alpha),  # peft only multiplies by it
        lora_dropout=recipe.lora.dropout,
        target_modules=targets,
        modules_to_save=new or None,
    )
    adapted = get_peft_model(model, config)
    low_rank.fuse(adapted)
    if not new and dtype == "bfloat16":
        _hold_frozen(model, "bfloat16")
    return cast("PreTrainedModel", adapted)  # it hands on what it does not know to the model in it


def _hold_frozen(model: PreTrainedModel, dtype: str) -> None:
    """Frozen weights in this type of number. Trained ones stay in float32: steps of theirs would be rounded away."""
    import torch

    for parameter in model.parameters():
        if not parameter.requires_grad and parameter.dtype in (torch.float32, torch.bfloat16):
            parameter.data = parameter.data.to(getattr(torch, dtype))


def merge(model: PreTrainedModel) -> PreTrainedModel:
    """The plain model again: adapters added into its weights, in float32."""
    if not hasattr(model, "merge_and_unload"):
        return model
    merge_four_bits(model)
    _hold_frozen(model, "float32")
    return cast("PreTrainedModel", cast("PeftModel", model).merge_and_unload())


def parameter_groups(model: PreTrainedModel, recipe: Recipe) -> list[dict[str, object]]:
    """Trainable parameters by rate and weight decay, in a fixed order."""
    layers = layer_count(model)
    groups: dict[tuple[float, float], list[Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((_rate(name, layers, recipe), decay), []).append(parameter)
    if not groups:
        raise PipelineError("params.yaml: train.freeze leaves nothing to train.", "Freeze less, or set epochs: 0.")
    return [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()]


def optimizer(model: PreTrainedModel, recipe: Recipe) -> Optimizer:
    """The optimiser over `parameter_groups`; fused where torch offers it (three times as fast on a CPU)."""
    import torch

    groups = parameter_groups(model, recipe)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum)
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, lr=recipe.learning_rate, fused=True)


def layer_count(model: PreTrainedModel) -> int:
    """How many transformer layers the model has."""
    return 1 + max((_layer(name) for name, _ in model.named_parameters()), default=-1)


def _rate(name: str, layers: int, recipe: Recipe) -> float:
    if _NEW.search(name):
        return recipe.head_learning_rate
    return recipe.learning_rate * recipe.layer_decay ** _depth(name, layers)


def _depth(name: str, layers: int) -> int:
    """How many layers lie above this parameter."""
    return layers - 1 - _layer(name) if _layer(name) >= 0 else (layers if _EMBEDDINGS.search(name) else 0)


def _layer(name: str) -> int:
    """The number of the layer that a parameter belongs to, from 0; -1 for none."""
    found = _LAYER.search(name)
    return int(found.group(1)) if found else -1
