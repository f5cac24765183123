"""Classification: weights of classes."""

from __future__ import annotations

from pipeline.modeling.batches import Example
from pipeline.modeling.heads import classification
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.training.jobs import TASK


def test_balanced_class_weights_give_rare_classes_more(bert_folder, tmp_path):
    examples: list[Example] = [Example(input_ids=[], labels=label) for label in (0, 0, 0, 1)]
    found = classification.class_weights(examples, TASK, Recipe(class_weights="balanced"))
    assert found.tolist() == [4 / 6, 2.0]
