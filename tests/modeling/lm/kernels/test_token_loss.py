"""The loss in parts and packing, held against the plain ways on a tiny Llama."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.heads import chat
from pipeline.modeling.lm import packing
from pipeline.modeling.lm.kernels.token_loss import token_loss
from pipeline.modeling.lm.masking import IGNORED
from pipeline.modeling.training.losses import loss_function
from pipeline.modeling.training.recipe import Recipe


@pytest.fixture
def model(llama_folder):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(llama_folder)


def examples(sizes, seed=0):
    import numpy as np

    rng = np.random.default_rng(seed)
    rows = [rng.integers(3, 200, size).tolist() for size in sizes]
    return [{"input_ids": ids, "labels": [IGNORED] * (len(ids) // 2) + ids[len(ids) // 2 :]} for ids in rows]


def gradients(model):
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


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


@pytest.mark.parametrize("prepared", [False, True])
def test_packed_examples_have_the_logits_that_they_have_alone(model, prepared):
    import torch

    parts = examples([5, 9, 14, 3, 20])
    if prepared:
        packing.prepare(model, parts)
    rows = packing.pack(parts, 24)
    assert sorted(len(row["input_ids"]) for row in rows) == [5, 23, 23]
    collate = chat.collate(_Padding())
    batch = collate(rows)
    batch.pop("labels")
    batch.pop("logits_to_keep")
    model.eval()
    with torch.inference_mode():
        together = model(**batch).logits
        for row, logits in zip(rows, together, strict=True):
            starts = [n for n, place in enumerate(row["position_ids"]) if place == 0]
            for start, end in zip(starts, [*starts[1:], len(row["input_ids"])], strict=True):
                alone = model(input_ids=torch.tensor([row["input_ids"][start:end]])).logits[0]
                assert torch.allclose(logits[start:end], alone, atol=1e-4)


def test_attention_computes_only_the_blocks_and_gives_the_same_gradients(model, monkeypatch):
    import torch

    parts = examples([5, 9, 14, 3, 20])
    rows, collate = packing.pack(parts, 24), chat.collate(_Padding())
    kernel, widths = torch.nn.functional.scaled_dot_product_attention, []

    def watched(query, key, value, **settings):
        widths.append((query.shape[2], settings.get("attn_mask") is None))
        return kernel(query, key, value, **settings)

    def learn():
        model.zero_grad()
        widths.clear()
        batch = collate(rows)
        labels = batch.pop("labels")
        loss_function(None, 0.0)(model(**batch), labels, 1).backward()
        return gradients(model)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watched)
    masked = learn()
    assert {(23, False)} == set(widths)
    packing.prepare(model, parts)
    apart = learn()
    layers = model.config.num_hidden_layers
    # 18 tokens of padding behind the example of 5 are one block more
    assert sorted(widths) == sorted([(size, True) for size in (3, 5, 9, 14, 18, 20)] * layers)
    assert all(torch.allclose(apart[name], masked[name], atol=1e-5) for name in masked)


def test_rows_with_an_attention_mask_are_attended_to_as_ever(model):
    import torch

    ids = torch.arange(3, 15).reshape(2, 6)
    left = {"input_ids": ids, "attention_mask": torch.tensor([[0, 0, 1, 1, 1, 1], [1] * 6])}
    model.eval()
    with torch.inference_mode():
        before = model(**left).logits, model.generate(**left, max_new_tokens=4, do_sample=False)
        packing.prepare(model, examples([9, 9]))
        after = model(**left).logits, model.generate(**left, max_new_tokens=4, do_sample=False)
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))


def test_packing_loses_no_token_and_no_label(model):
    parts = examples([5, 9, 14, 3, 20, 24, 1, 2, 2, 30])
    rows = packing.pack(parts, 24)
    assert sum(len(row["input_ids"]) for row in rows) == sum(len(part["input_ids"]) for part in parts)
    # All but the 30-token one fit; 80 tokens need at least four rows of 24, and best fit needs no more.
    assert [len(row["input_ids"]) for row in rows].count(30) == 1
    assert len(rows) == 5
    learned = sum(label != IGNORED for row in rows for label in row["labels"])
    assert learned == sum(label != IGNORED for part in parts for label in part["labels"][1:])


def test_the_loss_of_a_packed_batch_is_that_of_its_examples(model):
    import torch

    parts = examples([5, 9, 14, 3, 20])
    collate, loss = chat.collate(_Padding()), token_loss(model, 0.0)
    model.train()

    def total(rows):
        batch = collate(rows)
        labels = batch.pop("labels")
        return loss(model(**batch), labels, 1)

    assert torch.allclose(total(packing.pack(parts, 24)), total(parts), rtol=1e-5)


def test_a_model_that_sees_across_examples_is_refused(model):
    forward = model.forward
    model.forward = lambda **inputs: forward(input_ids=inputs["input_ids"])  # takes no notice of positions
    with pytest.raises(PipelineError, match="lets packed examples see each other"):
        packing.prepare(model, examples([9, 9]))
    assert chat.pack(examples([9]), model, Recipe(packing=True, max_length=16))


class _Padding:
    pad_token_id = 0
    eos_token_id = 2
