"""The tag layer's start: what frozen states tell is known before any step; odd inputs leave the layer as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.core.settings import Task
from pipeline.modeling.features.linear import softmax
from pipeline.modeling.heads import ner
from pipeline.modeling.heads.last_layer import _choose_strength, last_layer, received, set_tag_layer
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.fit import seed_everything
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.heads.test_ner import ROWS, TASK

RECIPE = Recipe(max_length=48)


def begun(bert_folder, rows=ROWS, task=TASK):
    seed_everything(0)
    return ner.start(Models(encoder=Model(name=str(bert_folder))), task, rows, RECIPE)


def scores(start, rows=ROWS, task=TASK):
    examples = ner.encode(rows, start.tokenizer, task, RECIPE).items
    return ner.evaluate(start.model, examples, ner.collate(start.tokenizer), 4).metrics


def test_before_any_step_most_tags_are_right(bert_folder):
    start = begun(bert_folder)
    known = scores(start)
    torch.nn.init.normal_(start.model.classifier.weight, std=0.02)
    torch.nn.init.zeros_(start.model.classifier.bias)
    assert known["loss"] < 0.75 * scores(start)["loss"]


def test_a_tag_that_no_row_has_is_the_least_likely(bert_folder):
    task = Task(type="ner", labels=("person", "place", "ship"), languages=("en", "zh"))
    start = begun(bert_folder, task=task)
    bias = start.model.classifier.bias.detach().numpy()
    assert bias[5] == bias[6]
    examples = ner.encode(ROWS, start.tokenizer, task, RECIPE).items
    logits = ner.tag_logits(start.model, examples, ner.collate(start.tokenizer), 4)
    found = np.concatenate(list(logits.values()))
    odds = softmax(found[np.isfinite(found[:, 0])]).mean(axis=0)
    assert odds[5:].max() < odds[:5].min() / 2


def test_rare_tags_that_are_clear_get_a_large_c():
    """60 rows of ten units: a number of 0.4 for each of five rare tags, and no noise."""
    tags = np.random.default_rng(1).choice(6, 600, p=[0.9, *[0.02] * 5])
    features = (0.4 * np.eye(6)[tags]).astype(np.float32)
    assert _choose_strength(features, tags.astype("U6"), np.arange(600) // 10) >= 0.1


def test_what_is_told_faintly_by_many_numbers_gets_a_small_c():
    rng = np.random.default_rng(1)
    tags = rng.integers(0, 2, 600)
    features = (rng.normal(size=(600, 200)) + 0.08 * (2 * tags - 1)[:, None]).astype(np.float32)
    assert _choose_strength(features, tags.astype("U6"), np.arange(600) // 10) <= 0.01


@pytest.mark.parametrize("rows", [[0, 0, 0, 0], [0, 0, 1, 1]])
def test_rows_too_few_to_hold_any_out_give_the_layer_of_few_rows(rows):
    features, tags = np.eye(4, dtype=np.float32), np.array(["0", "0", "1", "1"])
    assert _choose_strength(features, tags, np.array(rows)) == 0.01


def test_one_kind_of_tag_and_no_row_leave_the_layer_as_it_was(bert_folder):
    start = begun(bert_folder)
    layer = last_layer(start.model, 5)
    before = layer.weight.detach().clone()
    plain = ner.encode([{"text": "nothing is here 没有", "spans": []}], start.tokenizer, TASK, RECIPE).items
    for examples in (plain, []):
        set_tag_layer(start.model, examples, ner.collate(start.tokenizer), 4)
        assert torch.equal(layer.weight, before)


def test_received_sees_what_the_layer_is_given_and_lets_go(bert_folder):
    start = begun(bert_folder)
    layer = last_layer(start.model, 5)
    with received(layer) as seen:
        start.model(**start.tokenizer("Ann in 北京", return_tensors="pt"))
    start.model(**start.tokenizer("Ann", return_tensors="pt"))
    assert len(seen) == 1
    assert np.isfinite(seen[0].numpy()).all()
