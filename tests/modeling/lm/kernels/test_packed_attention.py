"""Attention within packed examples alone."""

from __future__ import annotations

import pytest

from pipeline.modeling.heads import chat
from pipeline.modeling.lm import packing
from pipeline.modeling.training.losses import loss_function
from tests.modeling.lm.kernels.packed import examples, gradients, padding


@pytest.mark.parametrize("prepared", [False, True])
def test_packed_examples_have_the_logits_that_they_have_alone(model, prepared):
    import torch

    parts = examples([5, 9, 14, 3, 20])
    if prepared:
        packing.prepare(model, parts)
    rows = packing.pack(parts, 24)
    assert sorted(len(row["input_ids"]) for row in rows) == [5, 23, 23]
    collate = chat.collate(padding())
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
    rows, collate = packing.pack(parts, 24), chat.collate(padding())
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
