"""Classification: one label or several, markup in labels."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pipeline.core.record import Reject
from pipeline.tasks import task_type
from tests.record_strategies import CLASSIFICATION, MULTI_LABEL


def test_labels_with_markup_survive_the_labeling_config():
    root = ElementTree.fromstring(task_type(CLASSIFICATION).labeling_config(CLASSIFICATION))
    assert [choice.get("value") for choice in root.iter("Choice")] == list(CLASSIFICATION.labels)


@pytest.mark.parametrize(
    ("values", "target", "reason"),
    [
        ({}, "bad", "missing_text_column"),
        ({"text": ["x"]}, "bad", "not_a_text"),
        ({"text": "x"}, "worse", "unknown_label"),
        ({"text": "x"}, ["bad", "好"], "not_one_label"),
    ],
)
def test_rows_that_are_no_classification_are_rejected(values, target, reason):
    with pytest.raises(Reject) as error:
        task_type(CLASSIFICATION).parse(values, target, CLASSIFICATION)
    assert error.value.reason == reason


def test_several_labels_are_put_in_declared_order():
    parsed = task_type(MULTI_LABEL).parse({"text": "x"}, ["好", "bad"], MULTI_LABEL)
    assert parsed == ({"text": "x"}, ["bad", "好"])


def test_an_unlabelled_text_is_kept():
    assert task_type(CLASSIFICATION).parse({"text": 7}, None, CLASSIFICATION) == ({"text": "7"}, None)
