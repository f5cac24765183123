"""QLoRA with a stand-in for bitsandbytes, which holds weights in sixteen steps: nobody has run it on a card."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.modeling.training import four_bits, strategies
from pipeline.modeling.training.recipe import Lora, Recipe

RECIPE = Recipe(freeze="none", lora=Lora(rank=4, load_in_4bit=True))
IDS = torch.tensor([[5, 6, 7, 8]])


class Params4bit(torch.nn.Parameter):
    def __new__(cls, data, requires_grad=False, compress_statistics=True, quant_type="nf4"):
        assert (requires_grad, compress_statistics, quant_type) == (False, True, "nf4")
        step = data.abs().max() / 7
        return torch.nn.Parameter(torch.round(data / step) * step, requires_grad=False)


class Linear4bit(torch.nn.Linear):
    def __init__(self, inputs, outputs, bias, compute_dtype, compress_statistics, quant_type):
        super().__init__(inputs, outputs, bias)
        self.compute_dtype = compute_dtype


@pytest.fixture
def bitsandbytes(monkeypatch):
    library = SimpleNamespace(nn=SimpleNamespace(Linear4bit=Linear4bit, Params4bit=Params4bit))
    monkeypatch.setattr(four_bits, "_library", lambda: library)


@pytest.fixture
def model(bert_folder):
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2).eval()


def in_four_bits(model):
    return [name for name, module in model.named_modules() if isinstance(module, Linear4bit)]


def test_frozen_layers_are_in_four_bits_and_adapters_learn(bitsandbytes, model):
    plain = {name: p.detach().clone() for name, p in model.named_parameters()}
    before = model(IDS).logits
    adapted = strategies.adapt(model, RECIPE)
    assert len(in_four_bits(adapted)) == 6 * model.config.num_hidden_layers + 1  # and the pooler's
    assert not any("classifier" in name for name in in_four_bits(adapted))
    assert 0 < (adapted(IDS).logits - before).abs().max() < 1, "adapters begin at 0; the rest is rounding"
    optimizer = strategies.optimizer(adapted, RECIPE)
    for _ in range(3):
        optimizer.zero_grad()
        adapted(input_ids=IDS, labels=torch.tensor([1])).loss.backward()
        optimizer.step()
    names = {name for name, p in adapted.named_parameters() if p.requires_grad}
    assert all("lora_" in name or "classifier" in name for name in names)
    deltas = {
        name.removeprefix("base_model.model."): module.get_delta_weight("default").detach()
        for name, module in adapted.named_modules()
        if hasattr(module, "get_delta_weight")
    }
    merged = strategies.merge(adapted)
    assert not in_four_bits(merged)
    after = dict(merged.named_parameters())
    assert set(after) == set(plain)
    for name, delta in deltas.items():
        assert torch.allclose(after[f"{name}.weight"], plain[f"{name}.weight"] + delta, atol=1e-6)
        assert delta.abs().max() > 0
    assert torch.equal(after["bert.embeddings.word_embeddings.weight"], plain["bert.embeddings.word_embeddings.weight"])


def test_layers_without_an_adapter_come_back_too(bitsandbytes, model):
    recipe = Recipe(freeze="none", lora=Lora(target_modules="attention", load_in_4bit=True))
    plain = {name: p.detach().clone() for name, p in model.named_parameters()}
    merged = strategies.merge(strategies.adapt(model, recipe))
    assert not in_four_bits(merged)
    after = dict(merged.named_parameters())
    assert all(torch.allclose(after[name], plain[name], atol=1e-6) for name in plain)


def test_without_the_library_the_run_stops_before_it_begins(monkeypatch, model):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(PipelineError, match="load_in_4bit needs bitsandbytes, which is not installed") as caught:
        strategies.adapt(model, RECIPE)
    assert "pip install bitsandbytes" in caught.value.hint
