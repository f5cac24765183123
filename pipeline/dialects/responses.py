"""Dialect `responses`: items as OpenAI's Responses API has them.

`{"instructions", "input": [items], "tools"}`; what the model gave may stand in `output`. Items are messages with parts,
`reasoning`, `function_call` and `function_call_output`; those of one answer make one turn of the assistant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, ToolCall
from pipeline.core.record import Reject, Row
from pipeline.core.turns import Reading, arguments_of, as_text, is_nothing, kind_of, message_of, parsed, result_of
from pipeline.dialects.messages import beside

COLUMNS = ("input", "output", "instructions", "tools", "items")


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: missing_messages, unknown_item, bad_call, and those of `message_of`."""
    messages: list[Message] = []
    if not is_nothing(row.get("instructions")) and row["instructions"] != "":
        messages.append(Message("developer", as_text(row["instructions"], "the instructions")))
    for name in ("input", "items", "output"):
        for number, item in enumerate(_items(row.get(name), name), 1):
            _add(messages, item, f"item {number} of {name}", number, reading)
    if not messages:
        raise Reject("missing_messages", f"no items among the keys {', '.join(list(row)[:10])}")
    return beside(row, messages)


#: Who says a text that stands in place of a list of items.
_SPEAKERS = {"input": "user", "items": "user", "output": "assistant"}


def _items(value: Json, name: str) -> Sequence[Json]:
    if is_nothing(value) or value == "":
        return []
    if isinstance(value, str):
        listed = parsed(value) if value.lstrip()[:1] == "[" else None
        return listed if isinstance(listed, list) else [{"role": _SPEAKERS[name], "content": value}]
    if not isinstance(value, list | tuple):
        raise Reject("missing_messages", f"`{name}` is {kind_of(value)}, not a list of items")
    return value


def _add(messages: list[Message], item: Json, what: str, number: int, reading: Reading) -> None:
    """The item as a message of its own, or as a part of the assistant's turn that is being read."""
    if not isinstance(item, Mapping):
        raise Reject("not_a_turn", f"{what} is {kind_of(item)}, not an object")
    kind = item.get("type") or "message"
    is_open = bool(messages) and messages[-1].role == "assistant"
    if kind == "message":
        _add_message(messages, message_of({key: item[key] for key in item.keys() - _OURS}, reading, number))
    elif kind == "reasoning":
        messages.append(Message("assistant", reasoning=_reasoning(item, what, reading)))
    elif kind == "function_call":
        turn = messages.pop() if is_open else Message("assistant")
        messages.append(replace(turn, tool_calls=(*turn.tool_calls, _call(item, what))))
    elif kind == "function_call_output":
        id = as_text(item.get("call_id"), f"the call id of {what}")
        output = result_of(item.get("output"), f"the output of {what}", reading)
        messages.append(Message("tool", output, tool_call_id=id))
    else:
        raise Reject("unknown_item", f"{what} is of type '{kind}'")


def _add_message(messages: list[Message], message: Message) -> None:
    """A reply takes up the reasoning that came before it as an item of its own."""
    if messages and message.role == messages[-1].role == "assistant" and _is_reasoning_alone(messages[-1]):
        message = replace(message, reasoning=messages.pop().reasoning)
    messages.append(message)


def _is_reasoning_alone(turn: Message) -> bool:
    return bool(turn.reasoning) and not turn.content and not turn.tool_calls


#: Keys of items that say nothing about the text.
_OURS = frozenset({"type", "id", "status"})


def _reasoning(item: Mapping[str, Json], what: str, reading: Reading) -> str:
    """The reasoning itself where the item holds it, else its summary. What is encrypted cannot be read."""
    if not is_nothing(item.get("encrypted_content")):
        reading.ignored["item of type reasoning: encrypted_content"] += 1
    parts = item.get("content") or item.get("summary") or []
    listed = parts if isinstance(parts, list | tuple) else [parts]
    return "\n\n".join(as_text(part.get("text") if isinstance(part, Mapping) else part, what) for part in listed)


def _call(item: Mapping[str, Json], what: str) -> ToolCall:
    name = item.get("name")
    if not isinstance(name, str) or not name:
        raise Reject("bad_call", f"{what} is a call without a name")
    id = item.get("call_id")
    return ToolCall(name, arguments_of(item.get("arguments")), "" if is_nothing(id) else as_text(id, what))


def write(conversation: Conversation) -> JsonObject:
    """Items under `input`. Rejects: no_place_for_calls_without_id."""
    items = [item for message in conversation.messages for item in _written(message)]
    tools = [{"type": "function", **tool["function"]} for tool in conversation.tools]
    return {"input": items, **({"tools": tools} if tools else {})}


def _written(message: Message) -> Iterator[dict[str, Json]]:
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": needed(message.tool_call_id), "output": message.content}
        return
    if message.reasoning:
        yield {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": message.reasoning}]}
    if message.content or not message.tool_calls:
        kind = "output_text" if message.role == "assistant" else "input_text"
        yield {"type": "message", "role": message.role, "content": [{"type": kind, "text": message.content}]}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": needed(call.id), "name": call.name, "arguments": call.arguments}


def needed(id: str) -> str:
    """A call's id. Rejects: call_without_id."""
    if not id:
        raise Reject("call_without_id", "this dialect joins calls and results by id, and one has none")
    return id
