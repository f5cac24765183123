"""Dialect `sharegpt`: turns of `from` and `value`, as LLaMA-Factory has it; tools and calls are JSON texts.

`{"conversations": [{"from": "human" | "gpt" | "function_call" | "observation", "value"}], "system", "tools"}`.
Reasoning stands in `<think>` at the beginning of a reply, a call beside a text in `<tool_call>`, and the results of
calls made at once are one observation: `data/formatter.py` and `data/converter.py` of LLaMA-Factory 0.9.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.core.conversation import Conversation, Json, JsonObject, Message, canonical, loaded
from pipeline.core.record import Reject, Row
from pipeline.core.turns import Reading, is_call_turn, is_nothing, turns_in
from pipeline.dialects.messages import beside, messages_in, system_of
from pipeline.dialects.thoughts import TAG, begins_with_thought, thought_taken_out, with_thought

COLUMNS = ("conversations", "conversation", "system", "tools")

_NAMES = {"user": "human", "assistant": "gpt", "system": "system", "tool": "observation"}
#: Between results of calls made at once, in one observation: templates put `<tool_response>` around the whole.
_NEXT_RESULT = "\n</tool_response>\n<tool_response>\n"
_CALL_BESIDE_TEXT = re.compile(r"(.*?)\n?<tool_call>(.*?)</tool_call>\s*\Z", re.DOTALL)
_CALL_BEHIND_THOUGHT = re.compile(r"(\s*<think>.*?</think>\n*)(.*)\Z", re.DOTALL)


def read(row: Row, reading: Reading) -> Conversation:
    """Rejects: not_a_dialogue, and those of `messages_in`."""
    given = row.get("conversations")
    given = row.get("conversation") if is_nothing(given) else given
    if is_nothing(given):
        raise Reject("not_a_dialogue", f"no turns among the keys {', '.join(list(row)[:10])}")
    turns = turns_in(given)
    parted = given if not turns else [part for turn in turns for part in _text_and_calls(turn, reading)]
    found = [thought_taken_out(message) for message in messages_in(parted, reading)]
    return beside(row, [*system_of(row), *_one_result_each(found)])


def _text_and_calls(turn: Json, reading: Reading) -> Iterator[Json]:
    """A turn of calls in two, where something stands before them: what is said, and the calls."""
    found = None
    if isinstance(turn, Mapping) and is_call_turn(turn, reading) and isinstance(turn.get("value"), str):
        found = _CALL_BESIDE_TEXT.match(turn["value"]) or _CALL_BEHIND_THOUGHT.match(turn["value"])
    if not found or not isinstance(turn, Mapping):
        yield turn
        return
    if found[1]:
        yield {**turn, "from": "gpt", "value": found[1]}
    yield {**turn, "value": found[2]}


def _one_result_each(messages: Sequence[Message]) -> Iterator[Message]:
    """The messages with an observation that holds the results of all calls before it as one message a result."""
    called = 0
    for message in messages:
        texts = message.content.split(_NEXT_RESULT) if message.role == "tool" else []
        if called > 1 and len(texts) == called:
            yield from (replace(message, content=text) for text in texts)
        else:
            yield message
        called = len(message.tool_calls)


def write(conversation: Conversation) -> JsonObject:
    """Turns under the names that LLaMA-Factory knows; the system turn is a column. Rejects: tags_in_text."""
    messages = list(conversation.messages)
    system = messages.pop(0).content if messages[0].role == "system" else ""
    turns = [
        turn
        for role, run in groupby(messages, lambda message: message.role)
        for turn in (_results(list(run)) if role == "tool" else map(_turn, run))
    ]
    tools = (
        {"tools": canonical([_with_parameters(tool["function"]) for tool in conversation.tools])}
        if conversation.tools
        else {}
    )
    return {"conversations": turns, **({"system": system} if system else {}), **tools}


def _with_parameters(function: Mapping[str, Json]) -> Mapping[str, Json]:
    """The definition with a schema that has properties: LLaMA-Factory stops where one is missing."""
    schema = function.get("parameters") or {}
    if not isinstance(schema, Mapping) or "properties" in schema:
        return function
    return {**function, "parameters": {"type": "object", **schema, "properties": {}}}


def _results(messages: Sequence[Message]) -> Iterator[JsonObject]:
    if any(_NEXT_RESULT in message.content for message in messages):
        raise Reject("tags_in_text", "a result holds what parts results from each other")
    yield {"from": "observation", "value": _NEXT_RESULT.join(message.content for message in messages)}


def _turn(message: Message) -> JsonObject:
    if message.role == "assistant" and begins_with_thought(message):
        raise Reject("tags_in_text", "a reply begins with <think> itself")
    said = with_thought(message)
    if not message.tool_calls:
        return {"from": _NAMES[message.role], "value": said}
    calls = [{"name": call.name, "arguments": loaded(call.arguments)} for call in message.tool_calls]
    value = canonical(calls[0] if len(calls) == 1 else calls)
    if not said:
        return {"from": "function_call", "value": value}
    if any(TAG.search(text) for text in (message.content, message.reasoning, value)):
        raise Reject("tags_in_text", "a turn that calls holds one of the tags itself")
    line = "\n" if message.content else ""
    return {"from": "function_call", "value": f"{said}{line}<tool_call>{value}</tool_call>"}
