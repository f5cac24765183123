"""Turns of a chat as rows give them: roles, texts and calls, whatever their spelling.

What is no text never becomes one: lists, objects, true and false are refused (`not_a_text`), NaN is missing. Results of
tools are often objects: these are kept as JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.core.conversation import Json, Message, Role, ToolCall, canonical
from pipeline.core.record import Reject

#: Role names, in lower case, that tools, services and people use.
ROLE_NAMES: Mapping[str, Role] = {
    **dict.fromkeys(("system", "sys", "系统"), "system"),
    "developer": "developer",
    **dict.fromkeys(("user", "human", "prompter", "customer", "client"), "user"),
    **dict.fromkeys(("用户", "顾客", "客户", "买家", "提问", "人类"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "model", "ai", "chatbot", "chatgpt", "agent"), "assistant"),
    **dict.fromkeys(("助手", "客服", "坐席", "卖家", "回答", "机器人", "人工客服", "助理"), "assistant"),
    **dict.fromkeys(("tool", "function", "observation", "tool_response", "tool_result", "ipython", "工具"), "tool"),
}

#: Roles whose text is the call itself, as JSON.
CALL_ROLES: Final = frozenset({"function_call", "tool_call", "function-call"})

#: Keys of a turn that say the same, in the order in which they are tried.
_ROLE, _CONTENT = ("role", "from"), ("content", "value")
_REASONING = ("reasoning_content", "reasoning", "thinking")
_LEARN, _CALL_ID = ("learn", "weight", "loss", "train"), ("tool_call_id", "call_id")
_KNOWN = frozenset(
    {*_ROLE, *_CONTENT, *_REASONING, *_LEARN, *_CALL_ID, "name", "tool_calls", "function_call", "refusal"}
)
_PLAIN, _TEXT_PARTS = frozenset({"role", "content"}), frozenset({"text", "input_text", "output_text"})
_MEDIA = re.compile(r"image|audio|video|file|document|refusal")


@dataclass
class Reading:
    """How a source's turns are read, and what was met on the way.

    `roles` are further role names (in lower case). `ignored` counts the keys that were not used, by place and name;
    `repaired` counts what was put right.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)


def is_nothing(value: Json) -> bool:
    """Whether a value says nothing: null, or NaN, which JSON written by Python has for it."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def as_text(value: Json, what: str) -> str:
    """A value that is one text; numbers are written out. Rejects: not_a_text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    raise Reject("not_a_text", f"{what} is {kind_of(value)}, not a text")


def kind_of(value: Json) -> str:
    """What a value is, in words for people."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(value)
    return {"dict": "an object", "list": "a list", "NoneType": "null"}.get(type(value).__name__, type(value).__name__)


def text_of(content: Json, what: str) -> str:
    """The text of a content: a text, or parts of text joined. Rejects: not_a_text, not_text_only (images, files, ...).

    >>> text_of([{"type": "text", "text": "Neon is"}, {"type": "text", "text": " a gas."}], "content")
    'Neon is a gas.'
    """
    if isinstance(content, str):
        return content
    if is_nothing(content):
        return ""
    if isinstance(content, list | tuple):
        return "".join(_part(part, what) for part in content)
    return as_text(content, what)


def _part(part: Json, what: str) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise Reject("not_a_text", f"{what} holds {kind_of(part)} among its parts")
    kind = part.get("type", "text")
    if kind == "refusal":
        return as_text(part.get("refusal"), f"a refusal in {what}")
    if kind not in _TEXT_PARTS:
        raise Reject("not_text_only", f"{what} has a part of type '{kind}'")
    return as_text(part.get("text"), f"a part of {what}")


def result_of(content: Json, what: str, reading: Reading) -> str:
    """The text of a tool's result; what is no text and no list of parts is data, and kept as canonical JSON.

    Such results are counted (`tool_result_as_json`). Rejects: not_a_text (no JSON has it), not_text_only.

    >>> result_of({"rain": True, "mm": [3, 4]}, "a result", Reading())
    '{"rain": true, "mm": [3, 4]}'
    """
    if not isinstance(content, bool | Mapping | list | tuple) or _is_parts(content):
        return text_of(content, what)
    try:
        text = canonical(content)
    except (ValueError, TypeError, RecursionError):
        raise Reject("not_a_text", f"{what} is {kind_of(content)} that JSON cannot say") from None
    reading.repaired["tool_result_as_json"] += 1
    return text


def _is_parts(content: Json) -> bool:
    """Whether a list holds parts of a content: each names a type that some service has."""
    parts = content if isinstance(content, list | tuple) else ()
    kinds = [str(part.get("type")) if isinstance(part, Mapping) else "" for part in parts]
    return any(kind in _TEXT_PARTS or _MEDIA.search(kind) for kind in kinds)


def role_of(name: Json, reading: Reading) -> Role:
    """Our role for a role's name, letter case ignored. Rejects: unknown_role."""
    known = name.strip().lower() if isinstance(name, str) else ""
    role = reading.roles.get(known) or ROLE_NAMES.get(known)
    if role is None:
        raise Reject("unknown_role", f"'{name}' is no known role; name it in the source's `roles`")
    return role


def _plain(turn: Mapping[str, Json], reading: Reading) -> Message | None:
    """The message of a turn that holds a usual role and a text alone, as most turns of most sources do: quickly."""
    role, content = turn.get("role"), turn.get("content")
    if reading.roles or turn.keys() != _PLAIN or not isinstance(role, str) or not isinstance(content, str):
        return None
    return Message(ROLE_NAMES[role], content) if role in ROLE_NAMES else None


def message_of(turn: Json, reading: Reading, number: int) -> Message:
    """One turn as a message. Rejects: not_a_turn, unknown_role, not_a_text, not_text_only, bad_call, bad_weight.

    Reads the keys of OpenAI's chat format and those that open models and trainers add: reasoning_content (reasoning,
    thinking), function_call, weight (loss, train, learn), and `from` and `value` for role and content.
    """
    if not isinstance(turn, Mapping):
        raise Reject("not_a_turn", f"turn {number} is {kind_of(turn)}, not an object with a role and a content")
    if plain := _plain(turn, reading):
        return plain
    what = f"turn {number}"
    if is_call_turn(turn, reading):
        said = text_of(_first(turn, _CONTENT), what)
        return Message("assistant", tool_calls=calls_in(said, what), learn=_learn(turn, what))
    role = role_of(_first(turn, _ROLE), reading)
    reading.ignored.update(f"turn: {key}" for key in turn.keys() - _KNOWN if not is_nothing(turn[key]))
    given = _first(turn, _CONTENT)
    if role == "tool":
        return _asked(turn, role, result_of(given, f"the content of {what}", reading), what, reading)
    content = text_of(given, f"the content of {what}")
    if role != "assistant":
        return _asked(turn, role, content, what, reading)
    return Message(
        role,
        content or text_of(turn.get("refusal") or "", f"the refusal of {what}"),
        text_of(_first(turn, _REASONING), f"the reasoning of {what}"),
        _calls(turn, what),
        name=_name(turn, what),
        learn=_learn(turn, what),
    )


def is_call_turn(turn: Json, reading: Reading) -> bool:
    """Whether a turn is a call of its own, by its role (`function_call`, `tool_call`)."""
    name = _first(turn, _ROLE) if isinstance(turn, Mapping) else None
    return isinstance(name, str) and name.strip().lower() in CALL_ROLES and name.strip().lower() not in reading.roles


def _asked(turn: Mapping[str, object], role: Role, content: str, what: str, reading: Reading) -> Message:
    """A turn that is not the assistant's; keys that are the assistant's alone are ignored, and counted."""
    for key in (*_REASONING, *_LEARN, "tool_calls", "function_call", "refusal"):
        if turn.get(key):
            reading.ignored[f"turn of role {role}: {key}"] += 1
    call_id = _first(turn, _CALL_ID)
    call_id = "" if is_nothing(call_id) else as_text(call_id, f"the call id of {what}")
    return Message(role, content, tool_call_id=call_id, name=_name(turn, what))


def _name(turn: Mapping[str, object], what: str) -> str:
    name = turn.get("name")
    return "" if is_nothing(name) else as_text(name, f"the name of {what}")


def _first(turn: Mapping[str, object], keys: Iterable[str]) -> Json:
    return next((turn[key] for key in keys if key in turn and not is_nothing(turn[key])), None)


def _learn(turn: Mapping[str, object], what: str) -> bool | None:
    value = _first(turn, _LEARN)
    if value is None or (isinstance(value, bool | int | float) and value in (0, 1)):
        return None if value is None else bool(value)
    raise Reject("bad_weight", f"{what} has the weight {value!r}; a turn is learned (1, true) or not (0, false)")


def _calls(turn: Mapping[str, object], what: str) -> tuple[ToolCall, ...]:
    calls = turn.get("tool_calls")
    if isinstance(calls, str) and calls.strip():
        return calls_in(calls, what)
    if is_nothing(calls) or calls == "":
        calls = ()
    if not isinstance(calls, list | tuple):
        raise Reject("bad_call", f"the tool_calls of {what} are {kind_of(calls)}, not a list")
    found = tuple(call_of(call, what) for call in calls)
    legacy = turn.get("function_call")
    return found if is_nothing(legacy) else (*found, call_of(legacy, what))


def call_of(call: Json, what: str) -> ToolCall:
    """A call from `{"id", "function": {"name", "arguments"}}` or `{"name", "arguments"}`. Rejects: bad_call."""
    outer: Mapping[str, Json] = call if isinstance(call, Mapping) else {}
    inner = outer.get("function") or outer
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str) or not inner["name"]:
        raise Reject("bad_call", f"a call of {what} has no name")
    given, id = _first(inner, ("arguments", "parameters", "input")), outer.get("id")
    return ToolCall(inner["name"], arguments_of(given), "" if is_nothing(id) else as_text(id, f"a call id of {what}"))


def arguments_of(given: Json) -> str:
    """Arguments as canonical JSON; a text that is no JSON object stays as it was written."""
    if is_nothing(given) or given == "":
        return "{}"
    try:
        value = json.loads(given) if isinstance(given, str) else given
        return canonical(value) if isinstance(value, Mapping) or not isinstance(given, str) else given
    except (ValueError, RecursionError):
        return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def calls_in(text: str, what: str) -> tuple[ToolCall, ...]:
    """The calls of a text that is JSON, one object or a list of them. Rejects: bad_call."""
    value = parsed(text)
    calls = value if isinstance(value, list) else [value]
    if value is None or not calls:
        raise Reject("bad_call", f"the call of {what} is not JSON")
    return tuple(call_of(call, what) for call in calls)


def parsed(text: str) -> Json:
    """The value of a text that is JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def turns_in(value: Json) -> Sequence[Json] | None:
    """The list of turns that a cell holds, also as a JSON text; None where it holds none."""
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        value = parsed(value)
        if not (isinstance(value, list) and value and all(_is_turn(one) for one in value)):
            return None
    return value if isinstance(value, list | tuple) else None


def _is_turn(value: Json) -> bool:
    return isinstance(value, Mapping) and any(key in value for key in _ROLE)
