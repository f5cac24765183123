"""Lines for OpenAI's fine-tuning service, by its published rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Reject
from pipeline.dialects.openai import write

CALL = ToolCall("get_weather", '{"city": "里昂"}', "c1")
TOOL = {"type": "function", "function": {"name": "get_weather"}}
TALK = Conversation(
    (
        Message("user", "天气？"),
        Message("assistant", "", "", (CALL,)),
        Message("tool", "雨", tool_call_id="c1", name="get_weather"),
        Message("assistant", "Rain."),
    ),
    (TOOL,),
)


def test_a_round_of_calls_has_the_keys_that_the_service_knows() -> None:
    row: Any = write(TALK)
    assert row["tools"] == [TOOL]
    asked, called, result, said = row["messages"]
    assert asked == {"role": "user", "content": "天气？"}
    assert "content" not in called
    assert called["tool_calls"][0]["id"] == "c1"
    assert result == {"role": "tool", "content": "雨", "tool_call_id": "c1"}
    assert said == {"role": "assistant", "content": "Rain."}


def test_a_plain_conversation_has_no_tools() -> None:
    row = write(Conversation((Message("user", "hi"), Message("assistant", "你好", learn=True))))
    assert row == {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "你好", "weight": 1}]
    }


def changed(n: int, **more: object) -> Conversation:
    messages = list(TALK.messages)
    messages[n] = replace(messages[n], **more)  # type: ignore[arg-type]
    return replace(TALK, messages=tuple(messages))


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (replace(TALK, messages=TALK.messages[:3]), "last_turn_not_assistant"),
        (changed(3, learn=False), "last_turn_not_learned"),
        (changed(1, tool_calls=(replace(CALL, name="天气"),)), "bad_tool_name"),
        (changed(1, tool_calls=(replace(CALL, name="x" * 65),)), "bad_tool_name"),
        (Conversation((TALK.messages[0], Message("assistant", "", "", (replace(CALL, id=""),)))), "call_without_id"),
        (changed(2, tool_call_id="c9"), "result_without_call"),
        (replace(TALK, messages=(*TALK.messages[:2], TALK.messages[3])), "call_without_result"),
        (replace(TALK, tools=({"type": "function", "function": {"name": "a b"}},)), "bad_tool_name"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before(conversation: Conversation, reason: str) -> None:
    with pytest.raises(Reject) as error:
        write(conversation)
    assert error.value.reason == reason
