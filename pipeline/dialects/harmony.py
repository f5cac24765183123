"""Dialect `harmony`: the channels of gpt-oss, as messages with `channel` and `recipient`, or as the rendered text.

`analysis` holds reasoning, `commentary` to a `functions.` recipient a call, `commentary` without one and `final` the
text. The turns of one answer become one turn of the assistant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, ToolCall
from pipeline.core.record import Reject, Row
from pipeline.core.turns import Reading, arguments_of, is_nothing, kind_of, message_of, text_of, turns_in
from pipeline.dialects.messages import beside

COLUMNS = ("messages", "text", "tools")

_TURN = re.compile(r"<\|start\|>(.*?)<\|message\|>(.*?)(?:<\|end\|>|<\|call\|>|<\|return\|>|\Z)", re.DOTALL)
_CHANNEL, _TO = re.compile(r"<\|channel\|>\s*(\w+)"), re.compile(r"\bto=([\w.\-]+)")
_FUNCTIONS = "functions."


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: missing_messages, unknown_channel, and those of `message_of`."""
    text = row.get("text")
    turns = list(_rendered(text)) if isinstance(text, str) and is_nothing(row.get("messages")) else None
    turns = turns_in(row.get("messages")) if turns is None else turns  # type: ignore[assignment]
    if not turns:
        raise Reject("missing_messages", f"no turns among the keys {', '.join(list(row)[:10])}")
    messages: list[Message] = []
    for number, turn in enumerate(turns, 1):
        _add(messages, turn, number, reading)
    return beside(row, messages)


def _rendered(text: str) -> Iterator[JsonObject]:
    for header, content in _TURN.findall(text):
        channel, to = _CHANNEL.search(header), _TO.search(header)
        name = re.split(r"[\s<]", header.strip(), maxsplit=1)[0]
        yield {
            "role": "tool" if name.startswith(_FUNCTIONS) else name,
            "name": name if name.startswith(_FUNCTIONS) else None,
            "channel": channel[1] if channel else None,
            "recipient": to[1] if to else None,
            "content": content,
        }


def _add(messages: list[Message], turn: Json, number: int, reading: Reading) -> None:
    what = f"turn {number}"
    if not isinstance(turn, Mapping):
        raise Reject("not_a_turn", f"{what} is {kind_of(turn)}, not an object with a role and a content")
    channel, to = turn.get("channel"), turn.get("recipient")
    plain = {key: part for key, part in turn.items() if key not in ("channel", "recipient", "content_type")}
    message = message_of(plain, reading, number)
    if message.role == "tool":
        messages.append(replace(message, name=message.name.removeprefix(_FUNCTIONS)))
        return
    if message.role != "assistant":
        messages.append(message)
        return
    part = _part(message, channel, to, text_of(turn.get("content"), what), what)
    if messages and messages[-1].role == "assistant" and not _is_next_answer(messages[-1], part):
        messages[-1] = _merged(messages[-1], part)
    else:
        messages.append(part)


def _part(message: Message, channel: Json, to: Json, text: str, what: str) -> Message:
    """What one turn of the assistant says: a thought, a call or a text."""
    if isinstance(to, str) and to.startswith(_FUNCTIONS):
        return replace(message, content="", tool_calls=(ToolCall(to.removeprefix(_FUNCTIONS), arguments_of(text)),))
    if channel == "analysis":
        return replace(message, content="", reasoning=text)
    if channel in ("final", "commentary", None):
        return message
    raise Reject("unknown_channel", f"{what} is on the channel '{channel}'")


def _is_next_answer(last: Message, part: Message) -> bool:
    if part.reasoning:
        return bool(last.content or last.tool_calls or last.reasoning)
    return bool(part.content and (last.content or last.tool_calls))


def _merged(last: Message, part: Message) -> Message:
    return replace(
        last,
        content=last.content + part.content,
        reasoning=last.reasoning + part.reasoning,
        tool_calls=(*last.tool_calls, *part.tool_calls),
    )


def write(conversation: Conversation) -> JsonObject:
    """Messages with channels, and the tool definitions."""
    names: list[str] = []
    turns: list[JsonObject] = []
    for message in conversation.messages:
        if message.role == "assistant":
            names = [call.name for call in message.tool_calls]
            turns += _written(message)
        elif message.role == "tool":
            name = names.pop(0) if names else ""
            turns.append({"role": "tool", "name": f"{_FUNCTIONS}{name}", "channel": "commentary", **_said(message)})
        else:
            turns.append({"role": message.role, **_said(message)})
    return {"messages": turns, **({"tools": list(conversation.tools)} if conversation.tools else {})}


def _said(message: Message) -> JsonObject:
    return {"content": message.content}


def _written(message: Message) -> Sequence[JsonObject]:
    found: list[JsonObject] = []
    if message.reasoning:
        found.append({"role": "assistant", "channel": "analysis", "content": message.reasoning})
    if message.content or not message.tool_calls:
        channel = "commentary" if message.tool_calls else "final"
        found.append({"role": "assistant", "channel": channel, "content": message.content})
    return found + [
        {
            "role": "assistant",
            "channel": "commentary",
            "recipient": f"{_FUNCTIONS}{call.name}",
            "content_type": "json",
            "content": call.arguments,
        }
        for call in message.tool_calls
    ]
