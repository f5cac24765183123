"""Packing loses nothing."""

from __future__ import annotations

import random

import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.batches import Example
from pipeline.modeling.heads import chat
from pipeline.modeling.lm import packing
from pipeline.modeling.lm.kernels.token_loss import token_loss
from pipeline.modeling.lm.loss_masking import IGNORED
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.lm.kernels.packed import examples, padding


def test_packing_loses_no_token_and_no_label(model):
    parts = examples([5, 9, 14, 3, 20, 24, 1, 2, 2, 30])
    rows = packing.pack(parts, 24)
    assert sum(len(row["input_ids"]) for row in rows) == sum(len(part["input_ids"]) for part in parts)
    # All but the 30-token one fit; 80 tokens need at least four rows of 24, and best fit needs no more.
    assert [len(row["input_ids"]) for row in rows].count(30) == 1
    assert len(rows) == 5
    learned = sum(label != IGNORED for row in rows for label in row["labels"])
    assert learned == sum(label != IGNORED for part in parts for label in part["labels"][1:])


@pytest.mark.parametrize(
    ("sizes", "batch_size", "expected"),
    [
        ([100] * 50, 8, (2, 400)),
        ([100] * 50, 9, (2, 400)),
        ([100] * 50, 2, (1, 200)),  # less than a row of max_length
        ([10] * 49 + [390], 2, (1, 36)),  # the longest has a row of its own
        ([7], 1, (1, 7)),
        ([], 8, (1, 1)),
    ],
)
def test_a_batch_holds_the_tokens_of_as_many_examples_as_unpacked(sizes, batch_size, expected):
    parts: list[Example] = [{"input_ids": [0] * size, "labels": [0] * size} for size in sizes]
    found = packing.layout(parts, batch_size, 400)
    assert tuple(found) == expected


def test_an_epoch_has_about_as_many_steps_packed_as_unpacked():
    rng = random.Random(3)
    for batch_size in (1, 4, 32):
        sizes = [min(500, int(rng.lognormvariate(4, 0.8)) + 2) for _ in range(400)]
        parts: list[Example] = [{"input_ids": [0] * size, "labels": [0] * size} for size in sizes]
        rows, room = packing.layout(parts, batch_size, 512)
        steps = -(-len(packing.pack(parts, room)) // rows)
        assert 0.7 < steps / (400 / batch_size) < 1.15, (batch_size, steps)


def test_the_loss_of_a_packed_batch_is_that_of_its_examples(model):
    import torch

    parts = examples([5, 9, 14, 3, 20])
    collate, loss = chat.collate(padding()), token_loss(model, 0.0)
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
