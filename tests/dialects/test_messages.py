"""OpenAI's chat format with what open models, TRL and chat templates add to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Reject
from pipeline.core.turns import Reading
from pipeline.dialects.messages import (
    messages_in,
    read,
    read_prompt_completion,
    system_of,
    template_arguments_of,
    write,
    write_prompt_completion,
    write_trl,
)

TALK = Conversation(
    (
        Message("user", "天气？"),
        Message("assistant", "", "look", (ToolCall("f", '{"城": 1}', "a"),)),
        Message("tool", "雨", tool_call_id="a"),
        Message("assistant", "Rain."),
    ),
    ({"type": "function", "function": {"name": "f"}},),
    (("enable_thinking", False),),
)


def said(value: Any) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in messages_in(value, Reading())]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"role": "user", "content": "好"}], [("user", "好")]),
        ('[{"role": "user", "content": "好"}]', [("user", "好")]),
        ("just a question", [("user", "just a question")]),
        ([{"role": "user", "content": "x"}, {"role": "assistant", "content": None}], [("user", "x")]),
        ([{"role": "system", "content": None}, {"role": "user", "content": "x"}], [("user", "x")]),
        ([{"role": "user", "content": "x"}, {"role": "assistant", "content": ""}], [("user", "x"), ("assistant", "")]),
        ([{"role": "user", "content": "x"}, {"role": "tool", "content": None}], [("user", "x"), ("tool", "")]),
    ],
)
def test_turns_are_read_and_those_of_nothing_left_out(value: Any, expected: list[tuple[str, str]]) -> None:
    assert said(value) == expected


def test_what_was_left_out_is_counted() -> None:
    reading = Reading()
    messages_in([{"role": "user", "content": "x"}, {"role": "assistant", "content": float("nan")}], reading)
    assert reading.repaired == {"turn_without_content_left_out": 1}


def test_calls_in_turns_of_their_own_join_the_turn_before() -> None:
    turns = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "Wait."},
        {"role": "tool_call", "content": '{"name": "f"}'},
        {"role": "tool_call", "content": '{"name": "g"}', "weight": 0},
    ]
    _, message = messages_in(turns, Reading())
    assert (message.content, [call.name for call in message.tool_calls], message.learn) == ("Wait.", ["f", "g"], False)


@pytest.mark.parametrize("value", [None, "", [], float("nan"), 3, {"role": "user"}])
def test_no_list_of_messages_is_said(value: Any) -> None:
    with pytest.raises(Reject, match="no list of messages") as error:
        messages_in(value, Reading())
    assert error.value.reason == "missing_messages"


@pytest.mark.parametrize("text", [None, "", float("nan")])
def test_an_empty_system_column_is_no_turn(text: Any) -> None:
    assert system_of({"system": text}) == []
    assert system_of({"system": "规则"}) == [Message("system", "规则")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"chat_template_kwargs": {"b": None, "a": 1}}, (("a", 1),)),
        ({"template_arguments": '{"enable_thinking": false}'}, (("enable_thinking", False),)),
        ({}, ()),
        ({"chat_template_kwargs": float("nan")}, ()),
    ],
)
def test_arguments_of_the_template(row: dict[str, Any], expected: Any) -> None:
    assert template_arguments_of(row) == expected


@pytest.mark.parametrize("given", ["{", "[1]", 3, {"x": float("nan")}])
def test_arguments_that_are_no_object_are_rejected(given: Any) -> None:
    with pytest.raises(Reject) as error:
        template_arguments_of({"chat_template_kwargs": given})
    assert error.value.reason == "bad_template_arguments"


def test_older_functions_are_tools_where_there_are_none() -> None:
    row = {"messages": "x", "tools": [], "functions": [{"name": "f"}]}
    assert read(row, Reading()).tools == TALK.tools


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"prompt": "?", "completion": "!"}, [("user", "?"), ("assistant", "!")]),
        (
            {"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "?"}]},
            [("system", "s"), ("user", "?")],
        ),
        ({"prompt": "?", "completion": [{"role": "assistant", "content": "!"}]}, [("user", "?"), ("assistant", "!")]),
        ({"prompt": "?", "messages": [{"role": "user", "content": "m"}]}, [("user", "m")]),
    ],
)
def test_prompt_and_completion(row: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(m.role, m.content) for m in read_prompt_completion(row, Reading()).messages] == expected


def test_each_form_is_read_again() -> None:
    for row, reader in (
        (write(TALK), read),
        (write_trl(TALK), read),
        (write_prompt_completion(TALK), read_prompt_completion),
    ):
        assert reader(json.loads(json.dumps(row)), Reading()) == TALK


def test_trl_gets_arguments_as_objects() -> None:
    assert write(TALK)["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"城": 1}'
    assert write_trl(TALK)["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"城": 1}
    completion: Any = write_prompt_completion(TALK)["completion"]
    assert len(completion) == 1
