"""Conversations of records: fields and target as one talk, and back."""

from __future__ import annotations

from typing import Any

from pipeline.core.conversation import Conversation, conversation
from pipeline.core.record import Fields, Target


def talk_of(fields: Fields, target: Target) -> Conversation:
    """The conversation, the reply (if there is one) as its last turn."""
    if isinstance(target, str):
        target = {"role": "assistant", "content": target}
    return conversation(fields, target)


def parts_of(talk: Conversation, fields: Fields) -> tuple[dict[str, Any], Target]:
    """The inverse: fields and target of a record whose other fields are those of `fields`."""
    messages = [message.as_dict() for message in talk.messages]
    reply = messages.pop() if messages and talk.messages[-1].role == "assistant" else None
    if all("reasoning" in message for message in fields["messages"]):
        return {**fields, "messages": messages}, reply
    plain = [{"role": message["role"], "content": message["content"]} for message in messages]
    return {**fields, "messages": plain}, reply and reply["content"]
