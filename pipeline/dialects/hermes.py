"""Dialect `hermes`: structure in tags of the text, as Hermes and Qwen write it.

`<think>` around reasoning, `<tool_call>{"name", "arguments"}</tool_call>` around each call, `<tool_response>` around
each result. Tags are read where they are well formed; what is not stays text, for checks to find, and is counted.
Turns are as in `messages` or `sharegpt`; tool definitions may stand in `<tools>` of the system text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, ToolCall, canonical, loaded
from pipeline.core.record import Reject, Row
from pipeline.core.tool_definitions import tools_of
from pipeline.core.turns import Reading, calls_in, parsed
from pipeline.dialects import messages, sharegpt
from pipeline.dialects.thoughts import TAG, thought_taken_out, with_thought

COLUMNS = (*messages.COLUMNS, *sharegpt.COLUMNS)

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_CALLS_LAST = re.compile(r"(.*?)((?:\s*<tool_call>(?:(?!<tool_call>).)*?</tool_call>)+)\s*\Z", re.DOTALL)
_RESPONSE = re.compile(r"\s*<tool_response>\n?(.*?)\n?</tool_response>\s*", re.DOTALL)
_TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: those of `messages` and `sharegpt`."""
    reader = messages.read if row.get("messages") is not None else sharegpt.read
    conversation = reader(row, reading)
    found = [part for message in conversation.messages for part in _parts(message, reading)]
    return replace(conversation, messages=tuple(found), tools=conversation.tools or _tools(found))


def _parts(message: Message, reading: Reading) -> Sequence[Message]:
    if message.role == "assistant":
        return [_answer(message, reading)]
    if message.role in ("user", "tool") and "<tool_response>" in message.content:
        texts = _whole_of(_RESPONSE, message.content)
        if texts:
            return [replace(message, role="tool", content=text) for text in texts]
        reading.repaired["tags_left_as_text"] += 1
    return [message]


def _whole_of(pattern: re.Pattern[str], text: str) -> list[str]:
    """The blocks that a text consists of; none where anything stands between them."""
    return pattern.findall(text) if not pattern.sub("", text).strip() else []


def _answer(message: Message, reading: Reading) -> Message:
    message = calls_taken_out(thought_taken_out(message))
    if TAG.search(message.content):
        reading.repaired["tags_left_as_text"] += 1
    return message


def calls_taken_out(message: Message) -> Message:
    """The message with the calls that its text ends with as structure, where all of them are well formed."""
    called = _CALLS_LAST.match(message.content)
    if not called or message.tool_calls or TAG.search(called[1]):
        return message
    try:
        calls = tuple(call for one in _CALL.findall(called[2]) for call in calls_in(one, "a <tool_call>"))
    except Reject:
        return message
    return replace(message, content=called[1].rstrip("\n"), tool_calls=calls)


def _tools(found: Sequence[Message]) -> tuple[JsonObject, ...]:
    """Tool definitions in `<tools>` of the system text: a JSON list, or an object a line. The text stays as it is."""
    block = next((_TOOLS.search(message.content) for message in found if message.role == "system"), None)
    if block is None:
        return ()
    value = parsed(block[1])
    listed: Json = value if value is not None else [parsed(line) for line in block[1].splitlines() if line.strip()]
    try:
        return tools_of(listed)
    except Reject:
        return ()


def write(conversation: Conversation) -> JsonObject:
    """Turns of role and content alone, and the tool definitions. Rejects: tags_in_text."""
    turns = [turn for message in conversation.messages for turn in _turns(message)]
    return {"messages": turns, **({"tools": canonical(conversation.tools)} if conversation.tools else {})}


def _turns(message: Message) -> Iterator[JsonObject]:
    if any(TAG.search(text) for text in (message.content, message.reasoning)):
        raise Reject("tags_in_text", "a text of the conversation holds one of the tags itself")
    text = with_thought(message)
    if message.role == "tool":
        text = f"<tool_response>\n{text}\n</tool_response>"
    for call in message.tool_calls:
        text = f"{text}{_break(text)}<tool_call>\n{_call(call)}\n</tool_call>"
    yield {"role": message.role, "content": text}


def _break(text: str) -> str:
    return "\n" if text and not text.endswith("\n") else ""


def _call(call: ToolCall) -> str:
    return canonical({"name": call.name, "arguments": loaded(call.arguments)})
