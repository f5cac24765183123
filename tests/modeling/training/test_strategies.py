from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.training import strategies
from pipeline.modeling.training.recipe import Lora, Recipe


@pytest.fixture
def model(bert_folder):
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2)


def trained(model):
    return {name for name, p in model.named_parameters() if p.requires_grad}


def test_groups_carry_the_planned_rates_and_spare_biases_and_norms(model):
    recipe = Recipe(freeze="none", learning_rate=0.01, head_learning_rate=0.5, layer_decay=0.5, weight_decay=0.1)
    names = {id(p): name for name, p in model.named_parameters()}
    groups: Any = strategies.parameter_groups(model, recipe)
    planned = {names[id(p)]: (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]}
    assert set(planned) == set(names.values())
    assert planned["classifier.weight"] == (0.5, 0.1)
    assert planned["classifier.bias"] == (0.5, 0.0)
    assert planned["bert.pooler.dense.weight"] == (0.01, 0.1)
    assert planned["bert.encoder.layer.1.attention.self.query.weight"] == (0.01, 0.1)
    assert planned["bert.encoder.layer.0.attention.self.query.weight"] == (0.005, 0.1)
    assert planned["bert.encoder.layer.0.attention.output.LayerNorm.weight"] == (0.005, 0.0)
    assert planned["bert.embeddings.word_embeddings.weight"] == (0.0025, 0.1)


@pytest.mark.parametrize(
    ("freeze", "frozen", "free"),
    [
        ("none", [], ["bert.embeddings.word_embeddings.weight"]),
        ("embeddings", ["bert.embeddings.word_embeddings.weight"], ["bert.encoder.layer.0.output.dense.weight"]),
        (1, ["bert.encoder.layer.0.output.dense.weight"], ["bert.encoder.layer.1.output.dense.weight"]),
        ("all", ["bert.encoder.layer.1.output.dense.weight", "bert.pooler.dense.weight"], ["classifier.weight"]),
    ],
)
def test_frozen_weights_stay_bit_identical_and_the_others_move(freeze, frozen, free, model):
    import torch

    recipe = Recipe.model_validate({"freeze": freeze})
    strategies.freeze(model, recipe)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = strategies.optimizer(model, recipe)
    model(input_ids=torch.tensor([[5, 6, 7]]), labels=torch.tensor([1])).loss.backward()
    optimizer.step()
    after = dict(model.named_parameters())
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not any(torch.equal(before[name], after[name]) for name in free)


def test_freezing_more_layers_than_there_are_is_refused(model):
    with pytest.raises(PipelineError, match="9 layers, but the model has 2"):
        strategies.freeze(model, Recipe(freeze=9))


def test_adapters_alone_are_trained_and_merge_into_equal_answers(model):
    import torch

    strategies.freeze(model, Recipe())
    adapted = strategies.adapt(model, Recipe(lora=Lora(rank=2)))
    assert all("lora" in name or "classifier" in name for name in trained(adapted))
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.normal_()
    ids = torch.tensor([[5, 6, 7]])
    adapted.eval()
    with torch.inference_mode():
        expected = adapted(input_ids=ids).logits
        merged = strategies.merge(adapted)
        assert torch.allclose(merged(input_ids=ids).logits, expected, atol=1e-5)
    assert type(merged).__name__ == "BertForSequenceClassification"


@pytest.mark.parametrize(("name", "kind"), [("adamw", "AdamW"), ("adam", "Adam"), ("sgd", "SGD")])
def test_the_optimizer_is_the_one_named(name, kind, model):
    optimizer = strategies.optimizer(model, Recipe(optimizer=name, momentum=0.5))
    assert type(optimizer).__name__ == kind
    assert name != "sgd" or optimizer.param_groups[0]["momentum"] == 0.5
