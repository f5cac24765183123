"""Sound conversations of every shape, English and Chinese."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from pipeline.core.conversation import Conversation, Message, ToolCall, canonical

WORDS = st.lists(
    st.sampled_from(["weather", "Lyon", "the train", "I think so", "天气", "巴黎", "快递", "why <b>?", "a < b", "3"]),
    min_size=1,
    max_size=5,
).map(" ".join)

#: An argument's schema and values that fit it.
_ARGUMENTS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "city": ({"type": "string"}, WORDS),
    "days": ({"type": "integer", "minimum": 0}, st.integers(0, 30)),
    "unit": ({"enum": ["C", "F"]}, st.sampled_from(["C", "F"])),
    "exact": ({"type": "boolean"}, st.booleans()),
    "limit": ({"type": ["number", "null"]}, st.none() | st.floats(0, 5)),
    "tags": ({"type": "array", "items": {"type": "string"}}, st.lists(WORDS, max_size=2)),
    "where": ({"type": "object", "additionalProperties": True}, st.dictionaries(WORDS, st.integers(), max_size=2)),
}


@st.composite
def tools(draw: st.DrawFn) -> tuple[dict[str, Any], ...]:
    """Some definitions; `required` names a part of the arguments."""
    found = []
    for n in range(draw(st.integers(1, 3))):
        names = draw(st.lists(st.sampled_from(sorted(_ARGUMENTS)), unique=True))
        schema = {
            "type": "object",
            "properties": {name: _ARGUMENTS[name][0] for name in names},
            "required": draw(st.lists(st.sampled_from(names), unique=True)) if names else [],
        }
        found.append({"type": "function", "function": {"name": f"tool_{n}", "parameters": schema}})
    return tuple(found)


@st.composite
def calls(draw: st.DrawFn, tool: dict[str, Any], id: str) -> ToolCall:
    """A call that fits its tool's schema."""
    schema = tool["function"]["parameters"]
    given = [name for name in schema["properties"] if name in schema["required"] or draw(st.booleans())]
    values = {name: draw(_ARGUMENTS[name][1]) for name in given}
    return ToolCall(tool["function"]["name"], canonical(json.loads(json.dumps(values))), id)


@st.composite
def sound_conversations(draw: st.DrawFn, with_tools: bool | None = None) -> Conversation:
    """A system turn or none, then rounds of question, calls with results, and reply; the last reply may be a call."""
    known: tuple[dict[str, Any], ...] = ()
    if with_tools is None:
        with_tools = draw(st.booleans())
    if with_tools:
        known = draw(tools())
    messages = [Message("system", draw(WORDS))] if draw(st.booleans()) else []
    rounds = draw(st.integers(1, 3))
    for n in range(rounds):
        messages.append(Message("user", draw(WORDS)))
        calling: bool = draw(st.booleans()) if known else False
        if calling:
            with_ids = draw(st.booleans())
            made = [
                draw(calls(draw(st.sampled_from(known)), f"call_{n}_{k}" if with_ids else ""))
                for k in range(draw(st.integers(1, 2)))
            ]
            messages.append(Message("assistant", draw(st.just("") | WORDS), draw(st.just("") | WORDS), tuple(made)))
            if n == rounds - 1 and draw(st.booleans()):
                return Conversation(tuple(messages), known)
            results = [Message("tool", draw(st.just("") | WORDS), tool_call_id=call.id) for call in made]
            messages += draw(st.permutations(results)) if with_ids else results
        reasoning = draw(st.just("") | WORDS)
        messages.append(Message("assistant", draw(WORDS), reasoning, learn=draw(st.sampled_from([None, True, False]))))
    return Conversation(tuple(messages), known)
