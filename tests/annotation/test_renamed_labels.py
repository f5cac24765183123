"""Labels that have another name now than when people answered."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.annotation.renamed_labels import new_value, with_new_labels
from pipeline.core.settings import Task

RENAMED = Task(type="classification", labels=("good", "坏"), renamed={"fine": "good", "great": "good", "差": "坏"})
AS_EVER = Task(type="classification", labels=("good", "坏"))


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ("fine", "good"),
        ("差", "坏"),
        ("good", "good"),
        (["fine", "差", "great"], ["good", "坏"]),
        ([{"start": 0, "end": 2, "label": "差"}], [{"start": 0, "end": 2, "label": "坏"}]),
        ([{"start": 0, "text": "fine"}], [{"start": 0, "text": "fine"}]),  # an answer of a context is no label
        ([], []),
        (3.5, 3.5),
        (None, None),
        ({"role": "assistant", "content": "fine"}, {"role": "assistant", "content": "fine"}),
    ],
)
def test_an_answer_of_any_shape_gets_the_names_of_today(value: Any, new: Any) -> None:
    assert new_value(value, RENAMED) == new


def test_without_new_names_nothing_changes() -> None:
    assert new_value(["fine", "fine"], AS_EVER) == ["fine", "fine"]
    regions: list[Any] = [{"type": "choices", "value": {"choices": ["fine"]}}]
    assert with_new_labels(regions, AS_EVER) == regions


def test_two_choices_that_became_one_are_one() -> None:
    regions: list[Any] = [
        {"from_name": "label", "value": {"choices": ["fine", "great", "差"]}},
        {"from_name": "spans", "value": {"start": 1, "end": 3, "labels": ["差"]}},
        {"from_name": "text", "value": {"text": ["fine"]}},
    ]
    found = with_new_labels(regions, RENAMED)
    assert [part["value"] for part in found] == [
        {"choices": ["good", "坏"]},
        {"start": 1, "end": 3, "labels": ["坏"]},
        {"text": ["fine"]},
    ]
    assert regions[0]["value"] == {"choices": ["fine", "great", "差"]}
