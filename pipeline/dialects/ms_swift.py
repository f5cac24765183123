"""Dialect `ms_swift`: messages with `loss`, calls and results as turns of role tool_call and tool_response.

`{"messages": [{"role", "content", "loss"}], "tools"}`, or `{"query", "response", "history", "system"}`. Reasoning
stands in `<think>` at the beginning of a reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.conversation import Conversation, JsonObject, Message, canonical, loaded
from pipeline.core.record import Reject, Row
from pipeline.core.turns import Reading, is_nothing
from pipeline.dialects import alpaca, messages
from pipeline.dialects.thoughts import begins_with_thought, thought_taken_out, with_thought

COLUMNS = (*messages.COLUMNS, *alpaca.COLUMNS)


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: those of `messages` and `alpaca`."""
    if is_nothing(row.get("messages")) and row.get("query") is not None:
        return alpaca.read(row, reading)
    conversation = messages.read(row, reading)
    return replace(conversation, messages=tuple(thought_taken_out(message) for message in conversation.messages))


def write(conversation: Conversation) -> JsonObject:
    """A turn for each call; `loss` where the record says whether a turn is learned. Rejects: tags_in_text."""
    turns = [turn for message in conversation.messages for turn in _turns(message)]
    return {"messages": turns, **({"tools": canonical(conversation.tools)} if conversation.tools else {})}


def _turns(message: Message) -> Iterator[JsonObject]:
    if message.role == "assistant" and begins_with_thought(message):
        raise Reject("tags_in_text", "a reply begins with <think> itself")
    loss = {} if message.learn is None else {"loss": message.learn}
    text = with_thought(message)
    role = "tool_response" if message.role == "tool" else message.role
    if text or not message.tool_calls:
        yield {"role": role, "content": text, **loss}
    for call in message.tool_calls:
        said = {"name": call.name, "arguments": loaded(call.arguments)}
        yield {"role": "tool_call", "content": canonical(said), **loss}
