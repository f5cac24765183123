"""Reasoning that stands in `<think>` at the beginning of a reply, as Qwen, DeepSeek and their trainers write it."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.core.conversation import Message

#: Tags that hold structure in the text of a turn.
TAG = re.compile(r"</?(?:think|tool_call|tool_response)>")

_THINK = re.compile(r"\A\s*<think>(.*?)</think>\n*", re.DOTALL)


def thought_taken_out(message: Message) -> Message:
    """The message with the `<think>` that its text begins with as its reasoning, where it is well formed."""
    found = _THINK.match(message.content) if message.role == "assistant" and not message.reasoning else None
    if not found or TAG.search(found[1]):
        return message
    return replace(message, reasoning=found[1].strip("\n"), content=message.content[found.end() :])


def begins_with_thought(message: Message) -> bool:
    """Whether the text of a reply would itself be read as reasoning."""
    return bool(thought_taken_out(replace(message, reasoning="")).reasoning)


def with_thought(message: Message) -> str:
    """The text of a message behind its reasoning."""
    return f"<think>\n{message.reasoning}\n</think>\n\n{message.content}" if message.reasoning else message.content
