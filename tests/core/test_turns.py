"""Turns of a chat, whatever their spelling; what is no text never becomes one."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pipeline.core.conversation import Message, ToolCall
from pipeline.core.record import Reject
from pipeline.core.turns import (
    Reading,
    arguments_of,
    as_text,
    call_of,
    calls_in,
    is_nothing,
    kind_of,
    message_of,
    role_of,
    text_of,
    turns_in,
)


def read(turn: Any, **reading: Any) -> Message:
    return message_of(turn, Reading(**reading), 1)


@pytest.mark.parametrize(("value", "nothing"), [(None, True), (math.nan, True), (0, False), ("", False), ([], False)])
def test_null_and_nan_say_nothing(value: object, nothing: bool) -> None:
    assert is_nothing(value) is nothing


@pytest.mark.parametrize(("value", "text"), [("好", "好"), (3, "3"), (2.5, "2.5")])
def test_numbers_are_written_out(value: object, text: str) -> None:
    assert as_text(value, "x") == text


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "true"), ([1], "a list"), ({}, "an object"), (None, "null"), (math.inf, "inf"), (b"x", "bytes")],
)
def test_what_is_no_text_is_told_by_kind(value: object, kind: str) -> None:
    assert kind_of(value) == kind
    with pytest.raises(Reject, match=f"field is {kind}, not a text") as error:
        as_text(value, "the field")
    assert error.value.reason == "not_a_text"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        ([], ""),
        (["一", {"type": "text", "text": "二"}, {"text": "三"}], "一二三"),
        ([{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}], "ano"),
        (7, "7"),
    ],
)
def test_parts_of_text_are_joined(content: object, text: str) -> None:
    assert text_of(content, "content") == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([{"type": "image_url", "image_url": {"url": "x"}}], "not_text_only"),
        ([3], "not_a_text"),
        ([{"type": "text", "text": ["x"]}], "not_a_text"),
        ({"text": "x"}, "not_a_text"),
        (True, "not_a_text"),
    ],
)
def test_other_parts_are_rejected(content: object, reason: str) -> None:
    with pytest.raises(Reject) as error:
        text_of(content, "content")
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("name", "role"),
    [("USER", "user"), (" gpt ", "assistant"), ("客服", "assistant"), ("观众", "user"), ("tool", "tool")],
)
def test_roles_have_many_names_and_sources_may_add_theirs(name: str, role: str) -> None:
    assert role_of(name, Reading(roles={"观众": "user"})) == role


@pytest.mark.parametrize("name", ["narrator", "", None, 3])
def test_a_role_without_meaning_is_rejected(name: object) -> None:
    with pytest.raises(Reject) as error:
        role_of(name, Reading())
    assert error.value.reason == "unknown_role"


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ({"role": "user", "content": "你好"}, Message("user", "你好")),
        ({"from": "human", "value": "hi"}, Message("user", "hi")),
        (
            {"role": "assistant", "content": "4", "reasoning_content": "2+2", "weight": 0},
            Message("assistant", "4", "2+2", learn=False),
        ),
        ({"role": "assistant", "content": None, "refusal": "I cannot."}, Message("assistant", "I cannot.")),
        (
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}],
            },
            Message("assistant", tool_calls=(ToolCall("f", "{}", "a"),)),
        ),
        (
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"城": 1}'}},
            Message("assistant", tool_calls=(ToolCall("f", '{"城": 1}'),)),
        ),
        ({"role": "function_call", "content": '{"name": "f"}'}, Message("assistant", tool_calls=(ToolCall("f"),))),
        (
            {"role": "tool", "content": "rain", "tool_call_id": 7, "name": "weather"},
            Message("tool", "rain", tool_call_id="7", name="weather"),
        ),
        ({"role": "assistant", "content": "x", "name": math.nan}, Message("assistant", "x")),
    ],
)
def test_a_turn_of_any_dialect_is_a_message(turn: Any, message: Message) -> None:
    assert read(turn) == message


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        ("hello", "not_a_turn"),
        ({"content": "x"}, "unknown_role"),
        ({"role": "user", "content": ["x", 3]}, "not_a_text"),
        ({"role": "assistant", "content": "x", "weight": 0.5}, "bad_weight"),
        ({"role": "assistant", "content": "x", "tool_calls": {"name": "f"}}, "bad_call"),
        ({"role": "assistant", "content": "x", "tool_calls": [{"arguments": "{}"}]}, "bad_call"),
        ({"role": "function_call", "content": "f()"}, "bad_call"),
    ],
)
def test_a_turn_that_cannot_be_read_says_why(turn: Any, reason: str) -> None:
    with pytest.raises(Reject) as error:
        read(turn)
    assert error.value.reason == reason


def test_keys_that_are_not_used_are_counted() -> None:
    reading = Reading()
    message_of({"role": "user", "content": "x", "mood": "好", "time": None}, reading, 1)
    message_of({"role": "user", "content": "x", "weight": 1, "reasoning": "y"}, reading, 2)
    assert reading.ignored == {"turn: mood": 1, "turn of role user: weight": 1, "turn of role user: reasoning": 1}


def test_a_source_may_call_a_person_by_the_name_of_a_call() -> None:
    assert read({"role": "tool_call", "content": "x"}, roles={"tool_call": "user"}) == Message("user", "x")


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"b": 1, "a": "好"}, '{"b": 1, "a": "好"}'),
        ('{ "a":1 }', '{"a": 1}'),
        ("", "{}"),
        (None, "{}"),
        ("city=Lyon", "city=Lyon"),
        ("[1]", "[1]"),
        ([1], "[1]"),
        ({"x": math.nan}, '{"x": NaN}'),
    ],
)
def test_arguments_are_canonical_or_stay_as_they_were_written(given: Any, arguments: str) -> None:
    assert arguments_of(given) == arguments


def test_calls_stand_in_a_text_as_one_or_many() -> None:
    assert calls_in('{"name": "f", "arguments": {"a": 1}}', "x") == (ToolCall("f", '{"a": 1}'),)
    assert [call.name for call in calls_in('[{"name": "f"}, {"name": "g"}]', "x")] == ["f", "g"]
    assert call_of({"id": 3, "name": "f", "input": {}}, "x") == ToolCall("f", "{}", "3")
    for text in ("", "[]", "{}", "f(1)"):
        with pytest.raises(Reject):
            calls_in(text, "x")


@pytest.mark.parametrize(
    ("cell", "turns"),
    [
        ([{"role": "user"}], [{"role": "user"}]),
        ('[{"role": "user", "content": "好"}]', [{"role": "user", "content": "好"}]),
        ("[1, 2]", None),
        ("[citation needed]", None),
        ("[]", None),
        ("hello", None),
        (None, None),
        (3, None),
    ],
)
def test_a_cell_may_hold_turns_as_json(cell: Any, turns: Any) -> None:
    assert turns_in(cell) == turns
