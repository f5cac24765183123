"""Conversations of rows, as the exported dataset, requests and `sft predict --file` hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.conversation import Conversation, Json, Message, from_row

#: Turns of role and content.
Messages = Sequence[Mapping[str, Json]]


def as_turns(prompt: str | Messages) -> list[dict[str, Json]]:
    """A prompt as one user turn; turns as they are."""
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(turn) for turn in prompt]


def of_messages(messages: Messages) -> Conversation:
    """Turns as a conversation without tools."""
    return Conversation(tuple(Message.of(turn) for turn in messages))


def of_row(row: Mapping[str, Json]) -> Conversation:
    """The conversation of a row: `messages`, its tools and template arguments; or one user turn, `text`."""
    if not row.get("messages"):
        return of_messages(as_turns(str(row["text"])))
    return from_row(row)


def asked_and_reply(row: Mapping[str, Json]) -> tuple[Conversation, Message | None]:
    """What is asked, and the known reply: a last assistant turn, or the row's `response`; else None."""
    conversation = of_row(row)
    messages = conversation.messages
    reply = Message("assistant", str(row["response"])) if row.get("response") else None
    if messages and messages[-1].role == "assistant":
        messages, reply = messages[:-1], messages[-1]
    return Conversation(messages, conversation.tools, conversation.template_arguments), reply
