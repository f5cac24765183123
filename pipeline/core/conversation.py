"""A conversation as trainers and services exchange it: messages, tool definitions, template arguments.

In a record a message is a plain dictionary (`Message.as_dict`), so that it fits JSON and Arrow alike; in code that
works on it, it is a `Message`. Every key is always there: a text that is missing is "", all else None or an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: A value of JSON.
Json = Any

Role = Literal["system", "developer", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the assistant asks for.

    `arguments` is canonical JSON (`canonical`): sorted keys, one line. What came as no JSON at all stays as it was
    written, for checks to find. `id` is "" where the source has none.
    """

    name: str
    arguments: str = "{}"
    id: str = ""


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
    def of(cls, value: Mapping[str, Any]) -> Message:
        """A message from its dictionary, as `as_dict` writes it; keys that are missing or None are empty."""
        return cls(
            role=value["role"],
            content=value.get("content") or "",
            reasoning=value.get("reasoning") or "",
            tool_calls=tuple(
                ToolCall(call["name"], call.get("arguments") or "{}", call.get("id") or "")
                for call in value.get("tool_calls") or ()
            ),
            tool_call_id=value.get("tool_call_id") or "",
            name=value.get("name") or "",
            learn=value.get("learn"),
        )

    def as_dict(self) -> dict[str, Any]:
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
    `template_arguments` are further arguments of the chat template (`enable_thinking`, ...).
    """

    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    template_arguments: tuple[tuple[str, Any], ...] = ()


def conversation(fields: Mapping[str, Any], target: Mapping[str, Any] | None = None) -> Conversation:
    """The conversation of a record's fields; with `target`, the reply stands last.

    Reads: messages (list of dictionaries), tools and template_arguments (canonical JSON texts, or None).
    """
    turns: Sequence[Mapping[str, Any]] = [*fields["messages"], *([target] if target is not None else [])]
    return Conversation(
        messages=tuple(Message.of(turn) for turn in turns),
        tools=tuple(json.loads(fields.get("tools") or "[]")),
        template_arguments=tuple(sorted(json.loads(fields.get("template_arguments") or "{}").items())),
    )


def canonical(value: Any) -> str:
    """`value` as canonical JSON: sorted keys, no escapes for non-ASCII letters, on one line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
