"""The loss in parts and packing, held against the plain ways on a tiny Llama."""

from __future__ import annotations

import pytest

from pipeline.modeling.lm.kernels.token_loss import token_loss
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.training.losses import loss_function
from tests.modeling.lm.kernels.packed import gradients


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("trains_output", [True, False])
def test_the_loss_in_parts_has_the_plain_value_and_gradients(model, smoothing, trains_output, monkeypatch):
    import torch

    monkeypatch.setattr("pipeline.modeling.lm.kernels.token_loss._CHUNK", 7)
    model.get_output_embeddings().weight.requires_grad_(trains_output)
    ids = torch.arange(3, 63).reshape(3, 20)
    labels = ids.roll(-1, 1)
    labels[:, ::3] = IGNORED
    model.train()
    expected = loss_function(None, smoothing)(model(input_ids=ids), labels, 11)
    expected.backward()
    plain = gradients(model)
    model.zero_grad()
    loss = token_loss(model, smoothing)
    model.train()
    found = loss(model(input_ids=ids), labels, 11)
    found.backward()
    assert torch.allclose(found, expected, rtol=1e-5)
    parts = gradients(model)
    assert parts.keys() == plain.keys()
    assert all(torch.allclose(parts[name], plain[name], atol=1e-6) for name in plain)


def test_judging_still_sees_logits_and_saving_still_sees_plain_names(model):
    import torch

    names = set(model.state_dict())
    ids = torch.tensor([[5, 6, 7]])
    with torch.inference_mode():
        before = model.eval()(input_ids=ids).logits
        token_loss(model, 0.0)
        assert torch.equal(model.eval()(input_ids=ids).logits, before)
    assert set(model.state_dict()) == names


def test_a_model_that_changes_its_logits_keeps_the_plain_loss(model):
    import torch

    forward = model.forward

    def capped(**inputs):
        found = forward(**inputs)
        found.logits = torch.tanh(found.logits)
        return found

    model.forward = capped
    token_loss(model, 0.0)
    model.train()
    assert model(input_ids=torch.tensor([[5, 6, 7]])).logits.shape[-1] == model.config.vocab_size
