"""A row as its dialect reads it."""

from __future__ import annotations

from typing import Any

from pipeline.core.conversation import Conversation
from pipeline.core.turns import Reading
from pipeline.dialects import DIALECTS


def read(name: str, row: dict[str, Any]) -> tuple[Conversation, Reading]:
    reading = Reading()
    return DIALECTS[name].read(row, reading), reading


def told(conversation: Conversation) -> list[tuple[str, str, str, tuple[str, ...]]]:
    calls = [tuple(f"{call.name}{call.arguments}" for call in message.tool_calls) for message in conversation.messages]
    return [(m.role, m.content, m.reasoning, said) for m, said in zip(conversation.messages, calls, strict=True)]
