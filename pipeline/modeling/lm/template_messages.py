"""Conversations in the form that `apply_chat_template` takes, which is not the same for every template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.conversation import Conversation, Json, Message, ToolCall
from pipeline.core.errors import shorten
from pipeline.core.record import Reject

#: One message as `apply_chat_template` takes it.
Turn = dict[str, Json]


@dataclass(frozen=True)
class Turns:
    """A conversation as `apply_chat_template` takes it. `messages` are those that the turns were made of."""

    turns: Sequence[Turn]
    messages: Sequence[Message]
    tools: Sequence[Mapping[str, Json]]
    arguments: Mapping[str, Json]

    def upto(self, end: int, last: Turn | None = None) -> Turns:
        """The first `end` turns; `last` stands in the place of the last of them."""
        turns = self.turns[:end] if last is None else [*self.turns[: end - 1], last]
        return replace(self, turns=turns, messages=self.messages[:end])


@dataclass(frozen=True)
class Form:
    """The form of messages that a template wants."""

    text: bool
    parts: bool
    developer: bool

    def turns(self, conversation: Conversation) -> list[Turn]:
        """The messages as dictionaries. Calls without an id get one, and so do the results that follow them."""
        found: list[Turn] = []
        open_calls: list[tuple[str, str]] = []  # id and name of calls whose result has not come yet
        made = 0
        for message in conversation.messages:
            turn = self._turn(message)
            if message.tool_calls:
                ids = [call.id or f"call{made + n:05d}" for n, call in enumerate(message.tool_calls)]
                made += len(ids)
                open_calls = list(zip(ids, (call.name for call in message.tool_calls), strict=True))
                turn["tool_calls"] = [self._call(call, id) for call, id in zip(message.tool_calls, ids, strict=True)]
            elif message.role == "tool":
                turn |= _answered(message, open_calls)
            found.append(turn)
        return found

    def _turn(self, message: Message) -> Turn:
        role = "system" if message.role == "developer" and not self.developer else message.role
        content: Json = [{"type": "text", "text": message.content}] if self.parts else message.content
        turn: Turn = {"role": role, "content": content}
        if message.reasoning:
            turn["reasoning_content"] = message.reasoning
        if message.name:
            turn["name"] = message.name
        return turn

    def _call(self, call: ToolCall, id: str) -> dict[str, Json]:
        return {"id": id, "type": "function", "function": {"name": call.name, "arguments": self._arguments(call)}}

    def _arguments(self, call: ToolCall) -> Json:
        if self.text:
            return call.arguments
        try:
            return json.loads(call.arguments)
        except ValueError:
            raise Reject(
                "bad_arguments", f"the arguments of {call.name} are no JSON: {shorten(call.arguments)}"
            ) from None


def _answered(message: Message, open_calls: list[tuple[str, str]]) -> Turn:
    """Which call a result answers, by its id, else in order; the tool's name, which some templates want."""
    place = next((n for n, (id, _) in enumerate(open_calls) if id == message.tool_call_id), 0)
    id, name = open_calls.pop(place) if open_calls else ("", "")
    found = {"tool_call_id": message.tool_call_id or id, "name": message.name or name}
    return {key: value for key, value in found.items() if value}
