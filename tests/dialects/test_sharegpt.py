"""Turns of `from` and `value`; tools and calls are JSON texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Reject
from pipeline.core.turns import Reading
from pipeline.dialects.sharegpt import read, write

TURNS = [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "您好！"}]
WEATHER = {"name": "weather", "parameters": {"type": "object"}}


@pytest.mark.parametrize("key", ["conversations", "conversation"])
def test_turns_stand_in_a_list_or_its_json_text(key: str) -> None:
    for value in (TURNS, json.dumps(TURNS)):
        found = read({key: value, "system": "Be kind."}, Reading()).messages
        assert [(m.role, m.content) for m in found] == [
            ("system", "Be kind."),
            ("user", "你好"),
            ("assistant", "您好！"),
        ]


def test_calls_and_results_are_turns_of_their_own() -> None:
    turns = [
        {"from": "human", "value": "天气？"},
        {"from": "function_call", "value": '{"name": "weather", "arguments": {"city": "里昂"}}'},
        {"from": "observation", "value": "雨"},
        {"from": "gpt", "value": "Rain."},
    ]
    conversation = read({"conversations": turns, "tools": json.dumps([WEATHER])}, Reading())
    assert conversation.messages[1].tool_calls == (ToolCall("weather", '{"city": "里昂"}'),)
    assert conversation.messages[2] == Message("tool", "雨")
    assert conversation.tools == ({"type": "function", "function": WEATHER},)
    row: Any = write(conversation)
    assert row["conversations"] == turns
    schema = {"type": "object", "properties": {}}  # LLaMA-Factory reads the properties of every tool
    assert json.loads(row["tools"]) == [{**WEATHER, "parameters": schema}]


def test_several_calls_of_one_turn_are_one_list() -> None:
    calls = (ToolCall("f", '{"a": 1}'), ToolCall("g", "{}"))
    row: Any = write(Conversation((Message("user", "?"), Message("assistant", "", "", calls))))
    assert [call["name"] for call in json.loads(row["conversations"][1]["value"])] == ["f", "g"]
    assert "system" not in row
    assert "tools" not in row


AT_ONCE = Conversation(
    (
        Message("user", "天气？"),
        Message("assistant", "我看看。", "two cities", (ToolCall("f", '{"a": 1}'), ToolCall("g", "{}"))),
        Message("tool", "雨"),
        Message("tool", '{"mm": 3}'),
        Message("assistant", "Rain.", "想一想"),
    )
)


def test_reasoning_a_text_beside_calls_and_two_results_as_llama_factory_reads_them() -> None:
    row: Any = write(AT_ONCE)
    assert [turn["from"] for turn in row["conversations"]] == ["human", "function_call", "observation", "gpt"]
    said = row["conversations"][1]["value"]
    assert said.startswith("<think>\ntwo cities\n</think>\n\n我看看。\n<tool_call>[")
    assert row["conversations"][2]["value"] == '雨\n</tool_response>\n<tool_response>\n{"mm": 3}'
    assert row["conversations"][3]["value"] == "<think>\n想一想\n</think>\n\nRain."
    assert read(row, Reading()) == AT_ONCE


def test_a_call_behind_reasoning_alone_needs_no_tags() -> None:
    value = '<think>\nhm\n</think>\n\n{"name": "f", "arguments": {}}'
    message = read({"conversations": [TURNS[0], {"from": "function_call", "value": value}]}, Reading()).messages[1]
    assert message == Message("assistant", "", "hm", (ToolCall("f", "{}"),))


def test_an_observation_is_parted_only_where_as_many_calls_were_made() -> None:
    row: Any = write(AT_ONCE)
    turns = [dict(turn) for turn in row["conversations"]]
    turns[1]["value"] = '{"name": "f", "arguments": {}}'
    messages = read({"conversations": turns}, Reading()).messages
    assert [message.role for message in messages] == ["user", "assistant", "tool", "assistant"]


@pytest.mark.parametrize(
    "messages",
    [
        (Message("user", "?"), Message("assistant", "<think>a</think>b")),
        (Message("user", "?"), Message("assistant", "say <tool_call>", "", (ToolCall("f", "{}"),))),
        (Message("user", "?"), Message("assistant", "x", "", (ToolCall("f", '{"a": "</tool_call>"}'),))),
        (*AT_ONCE.messages[:2], Message("tool", "\n</tool_response>\n<tool_response>\n"), *AT_ONCE.messages[3:]),
    ],
)
def test_texts_that_hold_the_tags_themselves_are_refused(messages: tuple[Message, ...]) -> None:
    with pytest.raises(Reject) as error:
        write(Conversation(messages))
    assert error.value.reason == "tags_in_text"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "x"}, "not_a_dialogue"),
        ({"conversations": None}, "not_a_dialogue"),
        ({"conversations": []}, "missing_messages"),
        ({"conversations": [{"from": "narrator", "value": "x"}]}, "unknown_role"),
        ({"conversations": TURNS, "tools": "["}, "bad_tools"),
    ],
)
def test_a_row_that_is_no_conversation_says_why(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(Reject) as error:
        read(row, Reading())
    assert error.value.reason == reason
