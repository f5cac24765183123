"""Dialect `anthropic`: messages of blocks (text, thinking, tool_use, tool_result), `system` beside them.

`{"system", "messages": [{"role": "user" | "assistant", "content": text or blocks}], "tools": [{"name",
"input_schema"}]}`. Tool results stand in a user's turn; here each is a turn of role tool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, ToolCall, function_of, loaded
from pipeline.core.record import Reject, Row
from pipeline.core.turns import (
    Reading,
    arguments_of,
    as_text,
    is_nothing,
    kind_of,
    message_of,
    result_of,
    role_of,
    text_of,
    turns_in,
)
from pipeline.dialects.messages import beside
from pipeline.dialects.responses import needed

COLUMNS = ("messages", "system", "tools")


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: missing_messages, not_text_only, bad_call, and those of `message_of`."""
    turns = turns_in(row.get("messages"))
    if not turns:
        raise Reject("missing_messages", f"no messages among the keys {', '.join(list(row)[:10])}")
    system = text_of(row.get("system"), "the system text")
    messages = [Message("system", system)] if system else []
    for number, turn in enumerate(turns, 1):
        messages += _read(turn, reading, number)
    return beside(row, messages)


def _read(turn: Json, reading: Reading, number: int) -> Sequence[Message]:
    content: Json = turn.get("content") if isinstance(turn, Mapping) else None
    if not isinstance(turn, Mapping) or not _are_blocks(content):
        return [message_of(turn, reading, number)]
    what = f"turn {number}"
    if role_of(turn.get("role"), reading) == "assistant":
        return [_answer(content, what, reading)]
    rest = [block for block in content if block.get("type") != "tool_result"]
    found = [_result(block, what, reading) for block in content if block.get("type") == "tool_result"]
    if rest or not found:
        found.append(message_of({**turn, "content": _texts(rest)}, reading, number))
    return found


def _are_blocks(content: Json) -> TypeGuard[Sequence[JsonObject]]:
    return isinstance(content, list | tuple) and all(isinstance(block, Mapping) for block in content)


def _texts(blocks: Sequence[Mapping[str, Json]]) -> list[JsonObject]:
    return [{key: part for key, part in block.items() if key in ("type", "text")} for block in blocks]


def _answer(blocks: Sequence[Mapping[str, Json]], what: str, reading: Reading) -> Message:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    for block in blocks:
        kind = block.get("type")
        if kind == "thinking":
            thoughts.append(as_text(block.get("thinking"), f"the thinking of {what}"))
        elif kind == "redacted_thinking":
            reading.ignored["block of type redacted_thinking"] += 1
        elif kind == "tool_use":
            calls.append(_call(block, what))
        else:
            texts.append(text_of([block], what))
            if calls:
                reading.repaired["text_before_calls"] += 1
    return Message("assistant", "".join(texts), "\n\n".join(thoughts), tuple(calls))


def _call(block: Mapping[str, Json], what: str) -> ToolCall:
    name, id = block.get("name"), block.get("id")
    if not isinstance(name, str) or not name:
        raise Reject("bad_call", f"a tool_use of {what} has no name")
    return ToolCall(name, arguments_of(block.get("input")), "" if is_nothing(id) else as_text(id, what))


def _result(block: Mapping[str, Json], what: str, reading: Reading) -> Message:
    if block.get("is_error"):
        reading.ignored["block of type tool_result: is_error"] += 1
    if is_nothing(block.get("tool_use_id")):
        raise Reject("bad_call", f"a tool_result of {what} is {kind_of(block.get('tool_use_id'))} as its tool_use_id")
    return Message(
        "tool", result_of(block.get("content"), what, reading), tool_call_id=as_text(block["tool_use_id"], what)
    )


def write(conversation: Conversation) -> JsonObject:
    """Blocks where a turn is more than a text. Rejects: call_without_id."""
    messages = list(conversation.messages)
    system = messages.pop(0).content if messages[0].role == "system" else ""
    turns: list[dict[str, Json]] = []
    results: list[JsonObject] = []
    for message in messages:
        if message.role == "tool":
            id = needed(message.tool_call_id)
            results.append({"type": "tool_result", "tool_use_id": id, "content": message.content})
            continue
        if results:
            turns.append({"role": "user", "content": results})
        if results and message.role == "user":
            results.append({"type": "text", "text": message.content})
        else:
            turns.append({"role": message.role, "content": _blocks(message)})
        results = []
    if results:
        turns.append({"role": "user", "content": results})
    beside = {"system": system} if system else {}
    tools = {"tools": list(map(_tool, conversation.tools))} if conversation.tools else {}
    return {**beside, "messages": turns, **tools}


def _tool(tool: Mapping[str, Json]) -> JsonObject:
    function = function_of(tool)
    return {("input_schema" if key == "parameters" else key): value for key, value in function.items()}


def _blocks(message: Message) -> str | list[JsonObject]:
    if not message.reasoning and not message.tool_calls:
        return message.content
    blocks: list[JsonObject] = []
    if message.reasoning:
        blocks.append({"type": "thinking", "thinking": message.reasoning})
    if message.content or not message.tool_calls:
        blocks.append({"type": "text", "text": message.content})
    return blocks + [
        {"type": "tool_use", "id": needed(call.id), "name": call.name, "input": loaded(call.arguments)}
        for call in message.tool_calls
    ]
