"""What all task types share whose records are a text and a target text."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.tasks.text_to_text import TextToText
from tests.strategies import record

KIND = TextToText()
TASK = Task(type="summarization")


@pytest.mark.parametrize(
    ("values", "target", "found"),
    [
        ({"text": "Hello"}, "你好", ({"text": "Hello"}, "你好")),
        ({"text": "Hello"}, None, ({"text": "Hello"}, None)),
        ({"text": "Hello"}, float("nan"), ({"text": "Hello"}, None)),
        ({"text": 12}, 13, ({"text": "12"}, "13")),
    ],
)
def test_a_row_is_a_text_and_its_target(values: Any, target: Any, found: Any) -> None:
    assert KIND.parse(values, target, TASK) == found


@pytest.mark.parametrize(
    ("values", "target", "reason"),
    [({}, "x", "missing_text_column"), ({"text": "x"}, ["x"], "not_a_text"), ({"text": {}}, "x", "not_a_text")],
)
def test_a_row_that_is_none_is_rejected(values: Any, target: Any, reason: str) -> None:
    with pytest.raises(Reject) as error:
        KIND.parse(values, target, TASK)
    assert error.value.reason == reason


def test_both_sides_are_edited_and_an_unlabelled_text_stays_so() -> None:
    assert KIND.edit_texts({"text": "a"}, "b", str.upper) == ({"text": "A"}, "B")
    assert KIND.edit_texts({"text": "好 "}, None, str.strip) == ({"text": "好"}, None)


def test_two_good_targets_of_one_text_do_not_contradict() -> None:
    assert KIND.agree(["你好", "您好"], TASK) == ["你好", "您好"]
    one, other = record({"text": "Hi"}, "你好"), record({"text": "Hi"}, "您好")
    assert KIND.main_text(one) == KIND.main_text(other) == KIND.unit(one) == "Hi"
    assert KIND.says(one) != KIND.says(other)


def test_the_answer_is_the_target_whole() -> None:
    assert KIND.answer_places(record({"text": "Hi"}, "你好")) == [(1, 0, 2)]
    assert KIND.answer_places(record({"text": "Hi"})) == []


def test_another_wording_keeps_the_target_and_another_text_brings_its_own() -> None:
    one = record({"text": "Hi"}, "你好")
    assert KIND.with_augmentable(one, "Hello") == ({"text": "Hello"}, "你好")
    assert KIND.with_answer(one, "Bye", "再见") == ({"text": "Bye"}, "再见")


def test_what_people_write_in_several_areas_is_one_text() -> None:
    areas: Any = [
        {"type": "textarea", "value": {"text": ["一", "二"]}},
        {"type": "choices", "value": {"choices": ["x"]}},
    ]
    assert KIND.target_from_result(areas, TASK) == "一\n二"
    with pytest.raises(Reject) as error:
        KIND.target_from_result([{"type": "textarea", "value": {"text": [" "]}}], TASK)
    assert error.value.reason == "empty_annotation"
