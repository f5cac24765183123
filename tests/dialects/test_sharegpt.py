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
    talk = read({"conversations": turns, "tools": json.dumps([WEATHER])}, Reading())
    assert talk.messages[1].tool_calls == (ToolCall("weather", '{"city": "里昂"}'),)
    assert talk.messages[2] == Message("tool", "雨")
    assert talk.tools == ({"type": "function", "function": WEATHER},)
    row = write(talk)
    assert row["conversations"] == turns
    schema = {"type": "object", "properties": {}}  # LLaMA-Factory reads the properties of every tool
    assert json.loads(row["tools"]) == [{**WEATHER, "parameters": schema}]


def test_several_calls_of_one_turn_are_one_list() -> None:
    calls = (ToolCall("f", '{"a": 1}'), ToolCall("g", "{}"))
    row = write(Conversation((Message("user", "?"), Message("assistant", "", "", calls))))
    assert [call["name"] for call in json.loads(row["conversations"][1]["value"])] == ["f", "g"]
    assert "system" not in row
    assert "tools" not in row


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
