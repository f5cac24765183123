"""LoRA layers that are computed in fewer passes give peft's values, but for rounding."""

from typing import Any

import pytest

from pipeline.modeling.lm.kernels import low_rank


def adapted(llama_folder, **settings):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model: Any = AutoModelForCausalLM.from_pretrained(llama_folder)
    model = get_peft_model(model, LoraConfig(r=2, lora_alpha=6, target_modules="all-linear", **settings))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model.train()


def trained(model):
    import torch

    ids = torch.arange(3, 67).reshape(2, 32)
    model.zero_grad()
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    return float(loss.detach()), {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def test_values_and_gradients_are_those_of_peft(llama_folder):
    import torch

    model = adapted(llama_folder)
    expected, slopes = trained(model)
    slopes = {name: slope.clone() for name, slope in slopes.items()}
    assert low_rank.fuse(model) == 14
    found, fused = trained(model)
    assert found == pytest.approx(expected, rel=1e-6)
    assert fused.keys() == slopes.keys()
    assert all(torch.allclose(fused[name], slopes[name], atol=1e-6, rtol=1e-4) for name in slopes)


def test_biases_inputs_without_gradient_and_disabled_or_merged_adapters():
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(6, 4))
    model = get_peft_model(layer, LoraConfig(r=2, target_modules=["0"], init_lora_weights=False))
    hidden = torch.randn(3, 5, 6)
    expected = model(hidden)
    with model.disable_adapter():
        plain = model(hidden)
    assert low_rank.fuse(model) == 1
    found = model(hidden)
    assert torch.allclose(found, expected, atol=1e-6)
    assert not torch.allclose(found, plain, atol=1e-3)
    found.sum().backward()
    with model.disable_adapter():
        assert torch.equal(model(hidden), plain)
    model.merge_adapter()
    assert torch.allclose(model(hidden), expected, atol=1e-6)
    model.unmerge_adapter()
    assert torch.allclose(model.merge_and_unload()(hidden), expected, atol=1e-6)


def test_mixed_types_are_left_to_peft(llama_folder):
    import torch

    model = adapted(llama_folder)
    ids = torch.arange(3, 19)[None]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        expected = model(input_ids=ids).logits
        low_rank.fuse(model)
        assert torch.equal(model(input_ids=ids).logits, expected)


@pytest.mark.parametrize("settings", [{"lora_dropout": 0.1}, {"use_dora": True}, {"lora_bias": True}], ids=str)
def test_layers_of_another_formula_stay_as_they_are(llama_folder, settings):
    assert low_rank.fuse(adapted(llama_folder, **settings)) == 0
