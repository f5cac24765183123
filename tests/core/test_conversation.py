"""A conversation in a record, in the exported dataset, and for people."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given

from pipeline.core.conversation import (
    Conversation,
    Message,
    ToolCall,
    calls_as_json,
    canonical,
    exported,
    fields_of,
    from_row,
    loaded,
    readable,
    to_conversation,
    to_row,
    told,
    whole_turn,
)
from tests.conversations.sound import sound_conversations

CALL = ToolCall("weather", '{"city": "里昂"}', "c1")
TALK = Conversation(
    (Message("user", "天气？"), Message("assistant", "", "look", (CALL,)), Message("tool", "雨", tool_call_id="c1")),
    ({"type": "function", "function": {"name": "weather"}},),
    (("enable_thinking", False),),
)


@given(sound_conversations())
def test_a_conversation_survives_record_and_dataset(conversation: Conversation) -> None:
    assert to_conversation(fields_of(conversation)) == conversation
    assert from_row(to_row(conversation)) == conversation
    assert from_row(fields_of(conversation)) == conversation
    assert all(Message.of(message.as_dict()) == message for message in conversation.messages)


def test_the_reply_stands_last() -> None:
    reply = Message("assistant", "Rain.")
    assert to_conversation(fields_of(TALK), reply.as_dict()).messages == (*TALK.messages, reply)


def test_a_row_has_only_what_says_something() -> None:
    row = to_row(TALK)
    assert row["messages"][0] == {"role": "user", "content": "天气？"}
    assert row["messages"][1]["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city": "里昂"}'}
    assert row["messages"][2] == {"role": "tool", "content": "雨", "tool_call_id": "c1"}
    assert json.loads(row["tools"]) == list(TALK.tools)
    assert row["chat_template_kwargs"] == {"enable_thinking": False}
    plain = to_row(Conversation((Message("user", "hi"),)))
    assert plain == {"messages": [{"role": "user", "content": "hi"}], "tools": None, "chat_template_kwargs": None}


@pytest.mark.parametrize(("learn", "weight"), [(True, 1), (False, 0)])
def test_what_is_to_be_learned_is_a_weight(learn: bool, weight: int) -> None:
    assert exported(Message("assistant", "x", learn=learn))["weight"] == weight
    assert from_row({"messages": [{"role": "assistant", "content": "x", "weight": weight}]}).messages[0].learn is learn


def test_a_turn_of_nothing_but_a_role() -> None:
    assert Message.of({"role": "user"}) == Message("user")
    assert Message.of({"role": "assistant", "tool_calls": None, "content": None}) == Message("assistant")
    assert from_row({"messages": [], "tools": ""}) == Conversation(())


def test_ids_are_made_of_what_is_told() -> None:
    fields = fields_of(Conversation((Message("user", "你好"),)))
    assert told(fields) == {"messages": [{"role": "user", "content": "你好"}]}
    assert told(fields_of(TALK)).keys() == {"messages", "tools", "template_arguments"}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Message("assistant", "Rain."), "Rain."),
        (Message("assistant", "", "", (CALL,)), 'weather({"city": "里昂"})'),
        (Message("assistant", "Wait.", "hm", (CALL,)), 'Wait.\nweather({"city": "里昂"})'),
        (Message("assistant"), ""),
    ],
)
def test_people_read_text_and_calls(message: Message, said: str) -> None:
    assert readable(message) == said
    reasoned = f"<think>\n{message.reasoning}\n</think>\n\n{said}" if message.reasoning else said
    assert whole_turn(message) == reasoned


def test_calls_as_a_list() -> None:
    calls = (CALL, ToolCall("odd", "not json"))
    assert json.loads(calls_as_json(calls)) == [
        {"id": "c1", "name": "weather", "arguments": {"city": "里昂"}},
        {"name": "odd", "arguments": "not json"},
    ]
    assert calls_as_json([]) == ""


@pytest.mark.parametrize(("text", "value"), [('{"a": 1}', {"a": 1}), ("[1]", "[1]"), ("", ""), ("3", "3")])
def test_arguments_are_an_object_or_stay_a_text(text: str, value: Any) -> None:
    assert loaded(text) == value


def test_json_keeps_the_order_of_keys_and_letters_and_knows_no_nan() -> None:
    assert canonical({"b": "好", "a": [1, None]}) == '{"b": "好", "a": [1, null]}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"x": math.nan})
