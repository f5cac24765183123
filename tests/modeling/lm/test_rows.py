"""Conversations of rows, as the dataset, requests and files hold them."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.conversation import Message
from pipeline.modeling.lm.rows import as_turns, asked_and_reply, of_messages, of_row

TALK = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "您好！"}]


def test_a_prompt_is_one_turn_of_the_user() -> None:
    assert as_turns("hi") == [{"role": "user", "content": "hi"}]
    assert as_turns(TALK) == TALK
    assert of_messages([]).messages == ()


@pytest.mark.parametrize(
    ("row", "asked", "reply"),
    [
        ({"messages": TALK}, ["你好"], "您好！"),
        ({"messages": TALK[:1], "response": "Hi."}, ["你好"], "Hi."),
        ({"messages": TALK, "response": "other"}, ["你好"], "您好！"),  # the turn itself counts
        ({"messages": TALK[:1]}, ["你好"], None),
        ({"text": "早"}, ["早"], None),
        ({"text": "早", "messages": [], "response": ""}, ["早"], None),
    ],
)
def test_what_is_asked_and_the_known_reply(row: dict[str, Any], asked: list[str], reply: str | None) -> None:
    conversation, found = asked_and_reply(row)
    assert [message.content for message in conversation.messages] == asked
    assert found == (None if reply is None else Message("assistant", reply))


def test_tools_and_template_arguments_come_along() -> None:
    tools = '[{"type": "function", "function": {"name": "f"}}]'
    conversation = of_row({"messages": TALK, "tools": tools, "chat_template_kwargs": {"x": 1}})
    assert conversation.tools[0]["function"]["name"] == "f"
    assert asked_and_reply({"messages": TALK, "tools": tools})[0].tools == conversation.tools
    assert conversation.template_arguments == (("x", 1),)


def test_a_row_of_neither_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError, match="text"):
        of_row({"messages": []})
