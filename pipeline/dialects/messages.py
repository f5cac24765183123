"""Dialects `messages` and `trl`: OpenAI's chat format with what open models, TRL and chat templates add to it.

`{"messages": [{"role", "content", "reasoning_content", "tool_calls", "tool_call_id", "name", "weight"}], "tools",
"chat_template_kwargs"}`, or TRL's `{"prompt": [...], "completion": [...]}`. Turns of any common spelling are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, Role, canonical, exported, loaded
from pipeline.core.record import Reject, Row
from pipeline.core.tool_definitions import tools_of
from pipeline.core.turns import (
    Reading,
    as_text,
    is_call_turn,
    is_nothing,
    kind_of,
    message_of,
    turns_in,
)

COLUMNS: tuple[str, ...] = (
    "messages",
    "prompt",
    "completion",
    "system",
    "tools",
    "functions",
    "template_arguments",
    "chat_template_kwargs",
)


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: missing_messages, bad_tools, bad_template_arguments, and those of `message_of`."""
    messages = [*system_of(row), *messages_in(row.get("messages"), reading)]
    return beside(row, messages)


def read_prompt_completion(row: Row, reading: Reading) -> Conversation:
    """TRL's prompt and completion, each a text or turns; rows with `messages` are read as such."""
    if row.get("messages") is not None or row.get("prompt") is None:
        return read(row, reading)
    parts = (("prompt", "user"), ("completion", "assistant"))
    found: list[Message] = []
    for name, role in parts:
        if not is_nothing(row.get(name)):
            found += _part(row[name], name, role, reading)  # type: ignore[arg-type]
    return beside(row, [*system_of(row), *found])


def _part(value: Json, name: str, role: Role, reading: Reading) -> Sequence[Message]:
    turns = turns_in(value)
    return [Message(role, as_text(value, f"the {name}"))] if turns is None else messages_in(turns, reading)


def beside(row: Row, messages: Sequence[Message]) -> Conversation:
    """The conversation of `messages` and of what stands beside them in a row."""
    tools = row.get("tools")
    tools = row.get("functions") if is_nothing(tools) or tools in ("", []) else tools
    return Conversation(tuple(messages), tools_of(tools), template_arguments_of(row))


def _turns(value: Json) -> Sequence[Json]:
    """The turns of a value, at least one. Rejects: missing_messages."""
    turns = turns_in(value)
    if turns is None and isinstance(value, str) and value:
        return [{"role": "user", "content": value}]
    if turns:
        return turns
    what = "nothing" if is_nothing(value) or value == "" else "an empty list" if turns == [] else kind_of(value)
    raise Reject("missing_messages", f"the row has no list of messages, but {what}")


def _with_calls(turn: Message, more: Message) -> Message:
    """The turn with the calls of another one; that one's `learn` counts where it is stated."""
    learn = turn.learn if more.learn is None else more.learn
    return replace(turn, tool_calls=(*turn.tool_calls, *more.tool_calls), learn=learn)


def messages_in(value: Json, reading: Reading) -> list[Message]:
    """The messages of a list of turns, of such a list as JSON text, or of one text (the user's).

    Calls in turns of their own join the assistant's turn before them: to a chat template they are one turn.

    Rejects: missing_messages, and those of `message_of`.
    """
    turns = _turns(value)
    found: list[Message] = []
    for number, turn in enumerate(turns, 1):
        message = message_of(turn, reading, number)
        is_idle = message.role in ("system", "developer") or number == len(turns)
        if is_idle and _says_nothing(turn, message):
            reading.repaired["turn_without_content_left_out"] += 1
        elif is_call_turn(turn, reading) and found and found[-1].role == "assistant":
            found[-1] = _with_calls(found[-1], message)
        else:
            found.append(message)
    return found


def _says_nothing(turn: Json, message: Message) -> bool:
    """Whether a content is null or NaN with nothing in its place; "" is a text, and a tool may give null."""
    if message.role == "tool" or not isinstance(turn, Mapping):
        return False
    given = [turn[key] for key in ("content", "value", "refusal") if key in turn]
    return not (message.reasoning or message.tool_calls) and all(is_nothing(one) for one in given)


def system_of(row: Row) -> list[Message]:
    """The system turn that a row's column `system` is."""
    text = row.get("system")
    return [] if is_nothing(text) or text == "" else [Message("system", as_text(text, "the system column"))]


def template_arguments_of(row: Row) -> tuple[tuple[str, Json], ...]:
    """Further arguments of the chat template, an object or its JSON text. Rejects: bad_template_arguments."""
    given = row.get("template_arguments") or row.get("chat_template_kwargs")
    if is_nothing(given):
        return ()
    try:
        value = json.loads(given) if isinstance(given, str) else given
        canonical(value)
    except (ValueError, TypeError, RecursionError):
        value = None
    if not isinstance(value, Mapping):
        raise Reject("bad_template_arguments", f'expected an object such as {{"enable_thinking": false}}: {given!r}')
    return tuple(sorted((name, one) for name, one in value.items() if one is not None))


def write(conversation: Conversation) -> JsonObject:
    """Messages with only the keys that say something."""
    return _row({"messages": [exported(message) for message in conversation.messages]}, conversation)


def write_trl(conversation: Conversation) -> JsonObject:
    """The same with arguments as objects, which TRL hands to chat templates as they are."""
    return _row({"messages": [_with_objects(message) for message in conversation.messages]}, conversation)


def write_prompt_completion(conversation: Conversation) -> JsonObject:
    """Prompt and completion as turns; the completion is the last turn."""
    turns = [_with_objects(message) for message in conversation.messages]
    return _row({"prompt": turns[:-1], "completion": turns[-1:]}, conversation)


def _with_objects(message: Message) -> dict[str, Json]:
    found = exported(message)
    for call, said in zip(found.get("tool_calls", ()), message.tool_calls, strict=False):
        call["function"] = {"name": said.name, "arguments": loaded(said.arguments)}
    return found


def _row(row: dict[str, Json], conversation: Conversation) -> JsonObject:
    if conversation.tools:
        row["tools"] = list(conversation.tools)
    if conversation.template_arguments:
        row["chat_template_kwargs"] = dict(conversation.template_arguments)
    return row
