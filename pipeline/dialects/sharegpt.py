"""Dialect `sharegpt`: turns of `from` and `value`, as LLaMA-Factory has it; tools and calls are JSON texts.

`{"conversations": [{"from": "human" | "gpt" | "function_call" | "observation", "value"}], "system", "tools"}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, canonical, loaded
from pipeline.core.record import Reject, Row
from pipeline.core.turns import Reading, is_nothing
from pipeline.dialects.messages import beside, messages_in, system_of

COLUMNS = ("conversations", "conversation", "system", "tools")

_NAMES = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: not_a_dialogue, and those of `messages_in`."""
    turns = row.get("conversations")
    turns = row.get("conversation") if is_nothing(turns) else turns
    if is_nothing(turns):
        raise Reject("not_a_dialogue", f"no turns among the keys {', '.join(list(row)[:10])}")
    return beside(row, [*system_of(row), *messages_in(turns, reading)])


def write(talk: Conversation) -> JsonObject:
    """Turns under the names that LLaMA-Factory knows; the system turn is a column."""
    messages = list(talk.messages)
    system = messages.pop(0).content if messages[0].role == "system" else ""
    turns = [turn for message in messages for turn in _turns(message)]
    tools = {"tools": canonical([_with_parameters(tool["function"]) for tool in talk.tools])} if talk.tools else {}
    return {"conversations": turns, **({"system": system} if system else {}), **tools}


def _with_parameters(function: Mapping[str, Json]) -> Mapping[str, Json]:
    """The definition with a schema that has properties: LLaMA-Factory stops where one is missing."""
    schema = function.get("parameters") or {}
    if not isinstance(schema, Mapping) or "properties" in schema:
        return function
    return {**function, "parameters": {"type": "object", **schema, "properties": {}}}


def _turns(message: Message) -> Iterator[dict[str, Json]]:
    if not message.tool_calls:
        yield {"from": _NAMES[message.role], "value": message.content}
        return
    calls = [{"name": call.name, "arguments": loaded(call.arguments)} for call in message.tool_calls]
    yield {"from": "function_call", "value": canonical(calls[0] if len(calls) == 1 else calls)}
