"""A linear layer on mean embeddings."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.settings import Task
from pipeline.modeling.batches import classify
from pipeline.modeling.features.encoder import embed
from pipeline.modeling.features.linear import THOROUGH, fit
from pipeline.modeling.heads import classification
from pipeline.modeling.heads.mean_pooling import choose_strength, pooled
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.recipe import Recipe

TASK = Task(type="classification", labels=("neutral", "positive", "negative"), languages=("en", "zh"))
ROWS = [
    {"text": "what a good day", "label": "positive"},
    {"text": "a bad film", "label": "negative"},
    {"text": "质量很好，非常满意，good and happy", "label": "positive"},
    {"text": "太差了", "label": "negative"},
]


def test_the_untrained_model_answers_as_logistic_regression_on_mean_embeddings(bert_folder):
    """Texts of unlike length in one batch: padding must not enter the mean."""
    models = Models(encoder=Model(name=str(bert_folder)))
    start = classification.start(models, TASK, ROWS, Recipe())
    examples = classification.encode(ROWS, start.tokenizer, TASK, Recipe()).items
    logits = classify(start.model, examples, classification.collate(start.tokenizer), 4)

    features = pooled(embed([row["text"] for row in ROWS], models.encoder))
    scale = 1 / np.linalg.norm(features, axis=1).mean()
    head = fit(features * scale, [row["label"] for row in ROWS], 10.0, tolerance=THOROUGH)
    assert head.labels == ("negative", "positive")
    expected = head.logits(features * scale)
    np.testing.assert_allclose(logits[:, [2, 1]], expected, atol=0.02)
    assert type(start.model).__name__ == "BertForSequenceClassification"


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_shortcut_answers_and_teaches_as_the_plain_layer_does(bert_folder, attention):
    import torch

    start = classification.start(Models(encoder=Model(name=str(bert_folder))), TASK, ROWS, Recipe(dropout=0.0))
    model = start.model
    model.set_attn_implementation(attention)
    examples = classification.encode(ROWS, start.tokenizer, TASK, Recipe()).items

    def learn(part):
        model.zero_grad()
        found = model(**classification.collate(start.tokenizer)(part))
        found.loss.backward()
        return found.logits.detach(), model.bert.encoder.layer[0].output.dense.weight.grad.clone()

    parts = [examples, examples[:1]]  # with padding, and without
    short = [learn(part) for part in parts]
    del model.bert.encoder.layer[-1].forward
    plain = [learn(part) for part in parts]
    for (logits, slope), (expected, expected_slope) in zip(short, plain, strict=True):
        assert torch.allclose(logits, expected, atol=1e-4)
        assert torch.allclose(slope, expected_slope, rtol=1e-2, atol=1e-6)
        assert slope.abs().max() > 1e-5


def test_the_pooling_layer_is_never_trained(bert_folder):
    start = classification.start(Models(encoder=Model(name=str(bert_folder))), TASK, ROWS, Recipe())
    layers = start.model.bert.encoder.layer
    assert not any(p.requires_grad for p in layers[-1].parameters())
    assert all(p.requires_grad for p in layers[0].parameters())


@pytest.mark.parametrize(
    ("labels", "is_chosen"),
    [
        *((labels, False) for labels in ("", "a", "aaaa", "ab", "a" * 30 + "b", "a" * 30 + "bc")),
        *((labels, True) for labels in ("aabb", "a" * 30 + "bb", "aab" + "b" * 40 + "c")),
    ],
)
def test_a_strength_is_chosen_where_two_labels_can_be_held_out(labels, is_chosen):
    features = np.random.default_rng(0).normal(size=(len(labels), 4)).astype(np.float32)
    assert (choose_strength(features, list(labels)) is not None) is is_chosen
