"""A conversation as trainers and services exchange it: messages, tool definitions, template arguments.

In a record a message is a plain dictionary (`Message.as_dict`), so that it fits JSON and Arrow alike; in code that
works on it, it is a `Message`. Every key is always there: a text that is missing is "", all else None or an empty list.
In the exported dataset a message has the keys that trainers know, and only those that say something (`to_row`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from pipeline.core.record import Fields, Row, Target

_Empty = TypeVar("_Empty", Mapping[str, object], list[Mapping[str, object]])

Role = Literal["system", "developer", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = ("system", "developer", "user", "assistant", "tool")

#: A value of JSON as somebody else wrote it: whoever reads it looks first what it is. (What we write into reports has
#: `core.json_types.Json`.)
Json = object
JsonObject = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the assistant asks for.

    `arguments` is canonical JSON (`canonical`): one line, keys in the source's order. What came as no JSON object at
    all stays as it was written, for checks to find. `id` is "" where the source has none.
    """

    name: str
    arguments: str = "{}"
    id: str = ""


def _call_of(value: Mapping[str, Target]) -> ToolCall:
    return ToolCall(value["name"], value.get("arguments") or "{}", value.get("id") or "")


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `content` and `reasoning` are texts, "" where there is none.

    `tool_call_id` names the call that a turn of role `tool` answers; `name` is the speaker's or the tool's name.
    `learn` says whether an assistant turn is to be learned: None where the source does not say, and training decides.
    """

    role: Role
    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""
    learn: bool | None = None

    @classmethod
    def of(cls, value: Mapping[str, Target]) -> Message:
        """A message from its dictionary, as `as_dict` writes it; keys that are missing or None are empty."""
        return cls(
            role=value["role"],
            content=value.get("content") or "",
            reasoning=value.get("reasoning") or "",
            tool_calls=tuple(map(_call_of, value.get("tool_calls") or ())),
            tool_call_id=value.get("tool_call_id") or "",
            name=value.get("name") or "",
            learn=value.get("learn"),
        )

    def as_dict(self) -> dict[str, object]:
        """The message as a record holds it: all keys, in the order of the Arrow columns."""
        return {
            "role": self.role,
            "content": self.content,
            "reasoning": self.reasoning,
            "tool_calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in self.tool_calls],
            "tool_call_id": self.tool_call_id,
            "name": self.name,
            "learn": self.learn,
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages with what stands beside them.

    `tools` are tool definitions as JSON schema objects, each `{"type": "function", "function": {...}}`;
    `template_arguments` are further arguments of the chat template (`enable_thinking`, ...), sorted by name.
    """

    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    template_arguments: tuple[tuple[str, Any], ...] = ()

    def calls_tools(self) -> bool:
        """Whether any message calls a tool."""
        return any(message.tool_calls for message in self.messages)


def to_conversation(fields: Fields, target: Target = None) -> Conversation:
    """The conversation of a record's fields; with `target`, the reply stands last.

    Reads: messages (list of dictionaries), tools and template_arguments (canonical JSON texts, or None).
    """
    turns: Sequence[Mapping[str, Target]] = [*fields["messages"], *([target] if target is not None else [])]
    return Conversation(
        messages=tuple(Message.of(turn) for turn in turns),
        tools=tuple(json.loads(fields.get("tools") or "[]")),
        template_arguments=tuple(sorted(json.loads(fields.get("template_arguments") or "{}").items())),
    )


def fields_of(conversation: Conversation) -> Fields:
    """The inverse of `conversation`: the fields of a record, all messages in them."""
    return {
        "messages": [message.as_dict() for message in conversation.messages],
        "tools": canonical(conversation.tools) if conversation.tools else None,
        "template_arguments": canonical(dict(conversation.template_arguments))
        if conversation.template_arguments
        else None,
    }


def to_row(conversation: Conversation) -> Row:
    """The columns of the exported dataset: messages, tools (a JSON text), chat_template_kwargs; None for what is not.

    Messages have the keys of OpenAI's chat format as TRL and chat templates read them, and only those that say
    something: role and content always, reasoning_content, tool_calls, tool_call_id, name, and weight (1 or 0) for
    `learn`. Arguments of calls are JSON texts, since one Arrow column cannot hold objects of many shapes.
    """
    return {
        "messages": [exported(message) for message in conversation.messages],
        "tools": canonical(conversation.tools) if conversation.tools else None,
        "chat_template_kwargs": dict(conversation.template_arguments) or None,
    }


def told(fields: Fields) -> Fields:
    """What of a record's fields says something, for ids: that of a chat of plain texts is its roles and texts."""
    beside = {name: value for name, value in fields.items() if name != "messages" and value is not None}
    return {"messages": [exported(Message.of(turn)) for turn in fields["messages"]], **beside}


def exported(message: Message) -> dict[str, Target]:
    """One message of `to_row`."""
    found: dict[str, Target] = {"role": message.role, "content": message.content}
    if message.reasoning:
        found["reasoning_content"] = message.reasoning
    if message.tool_calls:
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    found |= {key: value for key in ("tool_call_id", "name") if (value := getattr(message, key))}
    return found if message.learn is None else {**found, "weight": int(message.learn)}


def from_row(row: Row) -> Conversation:
    """The conversation of a row as the dataset holds it (`to_row`), or as a record does (`fields_of`).

    Reads: messages, tools, chat_template_kwargs or template_arguments. A known reply stands last in messages.
    Rows from people go through `pipeline.tasks.chat.parse` first, which says what is wrong with them.
    """
    arguments: Mapping[str, Json] = _loaded(row.get("chat_template_kwargs") or row.get("template_arguments"), {})
    tools: list[JsonObject] = _loaded(row.get("tools"), [])
    return Conversation(
        messages=tuple(_from_exported(turn) for turn in row["messages"]),
        tools=tuple(tools),
        template_arguments=tuple(sorted((name, value) for name, value in arguments.items() if value is not None)),
    )


def _from_exported(turn: Mapping[str, Target]) -> Message:
    calls = [{**(call.get("function") or call), "id": call.get("id")} for call in _calls(turn)]
    learn = turn.get("learn")
    if learn is None and turn.get("weight") is not None:
        learn = bool(turn["weight"])
    reasoning = turn.get("reasoning_content") or turn.get("reasoning")
    return Message.of({**turn, "reasoning": reasoning, "tool_calls": calls, "learn": learn})


def _calls(turn: Mapping[str, Target]) -> Iterable[Mapping[str, Target]]:
    return turn.get("tool_calls") or ()


def _loaded(value: Json, empty: _Empty) -> _Empty:
    """What was written as JSON text or stands there as it is; whoever wrote the row checked it."""
    return cast("_Empty", json.loads(value) if isinstance(value, str) and value else value or empty)


def function_of(tool: JsonObject) -> JsonObject:
    """The name, description and parameters of a tool definition, which may stand in it or be all of it."""
    inner = tool.get("function") or tool
    return inner if isinstance(inner, Mapping) else {}


def readable(message: Message) -> str:
    """What a turn says, for people and for comparing texts: its content, then its calls, one a line."""
    calls = [f"{call.name}({call.arguments})" for call in message.tool_calls]
    return "\n".join([message.content, *calls] if message.content else calls) if calls else message.content


def whole_turn(message: Message) -> str:
    """What a turn says with its reasoning first, in the tags that open models write around it."""
    said = readable(message)
    return f"<think>\n{message.reasoning}\n</think>\n\n{said}" if message.reasoning else said


def calls_as_json(calls: Iterable[ToolCall]) -> str:
    """Calls as a JSON list of `{"id", "name", "arguments"}`, arguments as they read; "" for none."""
    listed = [
        {**({"id": call.id} if call.id else {}), "name": call.name, "arguments": loaded(call.arguments)}
        for call in calls
    ]
    return json.dumps(listed, ensure_ascii=False) if listed else ""


def loaded(arguments: str) -> Json:
    """The arguments of a call as a value; a text that is no JSON object stays a text."""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    return value if isinstance(value, Mapping) else arguments


def canonical(value: Json) -> str:
    """`value` as JSON on one line, without escapes for non-ASCII letters. Raises ValueError for NaN and infinities.

    Keys stay in their order: chat templates print tool definitions and arguments as they come, so a model would
    otherwise be trained on another text than it is later asked with.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
