"""Conversations about the weather, with calls."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.conversation import Conversation, Message, ToolCall

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
            "required": ["city"],
        },
    },
}
PLAIN = Conversation((Message("user", "氖是什么？"), Message("assistant", "A noble gas.", reasoning="Element ten.")))


def called(arguments: str = '{"city": "Lyon"}', name: str = "get_weather", id: str = "c1") -> Conversation:
    """A sound round of two calls with their results."""
    calls = (ToolCall(name, arguments, id), ToolCall("get_weather", '{"city": "里昂", "days": 2}', "c2"))
    return Conversation(
        (
            Message("system", "Be brief."),
            Message("user", "里昂天气怎么样？"),
            Message("assistant", "", "I must look it up.", calls),
            Message("tool", "rain", tool_call_id="c1", name="get_weather"),
            Message("tool", "sun", tool_call_id="c2"),
            Message("assistant", "Rain, then sun."),
        ),
        (WEATHER,),
    )


def turn(conversation: Conversation, n: int, **changes: object) -> Conversation:
    """The conversation with one turn changed."""
    messages = list(conversation.messages)
    messages[n] = replace(messages[n], **changes)  # type: ignore[arg-type]
    return replace(conversation, messages=tuple(messages))


def tool(**changes: object) -> dict[str, object]:
    return {"type": "function", "function": {**WEATHER["function"], **changes}}  # type: ignore[dict-item]
