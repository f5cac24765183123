"""Conversations of records: fields and target as one conversation, and back."""

from __future__ import annotations

from pipeline.core.conversation import Conversation, fields_of, to_conversation
from pipeline.core.record import Fields, Target


def conversation_of(fields: Fields, target: Target) -> Conversation:
    """The conversation, the reply (if there is one) as its last turn."""
    return to_conversation(fields, target)


def parts_of(conversation: Conversation) -> tuple[Fields, Target]:
    """The inverse: the fields of a record, and its target; None where the last turn is not the assistant's."""
    fields = fields_of(conversation)
    messages = fields["messages"]
    if not messages or messages[-1]["role"] != "assistant":
        return fields, None
    return {**fields, "messages": messages[:-1]}, messages[-1]
