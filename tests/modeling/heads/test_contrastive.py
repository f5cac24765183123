from __future__ import annotations

import json
from collections import Counter

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.modeling.heads import classification
from pipeline.modeling.heads.contrastive import pairs
from pipeline.modeling.models import Model, Models
from pipeline.modeling.training.recipe import Contrastive, Recipe

TASK = Task(type="classification", labels=("bad", "good"), languages=("en", "zh"))
ROWS = [
    {"text": text, "label": label}
    for texts, label in (
        (["what a good day", "a good film", "good and happy", "质量很好", "非常满意"], "good"),
        (["this is bad", "a bad sad film", "awful and slow", "太差了", "不推荐"], "bad"),
    )
    for text in texts
]


def test_pairs_are_half_of_one_label_and_the_same_twice():
    labels = ["a", "a", "a", "b", "b", "c"]
    found = list(pairs(labels, 10, 0))
    assert found == list(pairs(labels, 10, 0)) != list(pairs(labels, 10, 1))
    assert all(one != other and (labels[one] == labels[other]) == same for one, other, same in found)
    assert Counter(same for *_, same in found) == {True: 25, False: 30}  # c has no partner of its label
    assert list(pairs([], 10, 0)) == []


def test_equal_labels_come_together_and_the_head_is_right(bert_folder):
    import torch

    recipe = Recipe(epochs=0, contrastive=Contrastive(pairs=40, learning_rate=3e-3), max_length=32)
    start = classification.start(Models(encoder=Model(name=str(bert_folder))), TASK, ROWS, recipe)
    batch = start.tokenizer([row["text"] for row in ROWS], padding=True, return_tensors="pt")
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(start.model.bert(**batch).pooler_output)
        answers = start.model(**batch).logits.argmax(-1).tolist()
    cosines = vectors @ vectors.T
    assert float(cosines[:5, :5].mean() + cosines[5:, 5:].mean()) / 2 > float(cosines[:5, 5:].mean()) + 0.5
    assert [TASK.labels[n] for n in answers] == [row["label"] for row in ROWS]


def test_what_it_cannot_go_with_is_refused(bert_folder):
    with pytest.raises(ValueError, match="contrastive: a linear head follows it"):
        Recipe(epochs=1, contrastive=Contrastive())
    many = TASK.model_copy(update={"multi_label": True})
    rows = [{**row, "label": [row["label"]]} for row in ROWS]
    with pytest.raises(PipelineError, match=r"train\.contrastive is for one label a text"):
        classification.start(
            Models(encoder=Model(name=str(bert_folder))), many, rows, Recipe(epochs=0, contrastive=Contrastive())
        )
    assert not json.loads(Recipe(epochs=0, contrastive=Contrastive()).model_dump_json())["refit"]
