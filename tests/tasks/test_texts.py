"""Texts as rows give them, and targets as texts."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.tasks.texts import granularity, target_text, text_of
from tests import chats


@pytest.mark.parametrize(
    ("languages", "found"),
    [
        (("en",), "word"),
        (("en", "de"), "word"),
        (("en", "zh"), "symbol"),
        (("zh-Hant",), "symbol"),
        (("TH",), "symbol"),
    ],
)
def test_a_mark_covers_a_symbol_where_a_language_has_no_spaces(languages: tuple[str, ...], found: str) -> None:
    assert granularity(Task(type="ner", labels=("a",), languages=languages)) == found


@pytest.mark.parametrize(("value", "text"), [("你好", "你好"), ("", ""), (7, "7"), (2.5, "2.5")])
def test_texts_and_numbers_are_texts(value: object, text: str) -> None:
    assert text_of({"text": value}, "text") == text


@pytest.mark.parametrize("values", [{}, {"text": None}, {"text": float("nan")}])
def test_a_missing_text_is_rejected_by_the_name_given(values: dict[str, object]) -> None:
    with pytest.raises(Reject, match="'text'") as error:
        text_of(values, "text", "missing_question")
    assert error.value.reason == "missing_question"


@pytest.mark.parametrize("value", [["a"], {"a": 1}, True])
def test_what_is_no_text_is_rejected(value: object) -> None:
    with pytest.raises(Reject) as error:
        text_of({"text": value}, "text")
    assert error.value.reason == "not_a_text"


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("好", "好"),
        (3.0, "3.0"),
        (["b", "a"], '["b", "a"]'),
        ([{"start": 0, "end": 2, "label": "地点"}], '[{"end": 2, "label": "地点", "start": 0}]'),
        (None, "null"),
        (chats.reply("您好！"), "您好！"),
    ],
)
def test_a_target_of_any_shape_is_one_text(target: Any, text: str) -> None:
    assert target_text(target) == text
