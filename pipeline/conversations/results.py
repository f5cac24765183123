"""Calls and their results: each call has one, each result has a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.conversations.problem import Problem
from pipeline.core.conversation import Conversation, Message, ToolCall


def problems(conversation: Conversation) -> Iterator[Problem]:
    """Problems between calls and results.

    Results stand right behind their calls and answer them by id, or in order where they name none. The last turn's
    calls need no result: they are what is learned. Reasons: duplicate_call_id, call_without_result,
    result_without_call, duplicate_result, call_id_mismatch, wrong_result_name.
    """
    open_calls = _Open()
    for n, message in enumerate(conversation.messages, 1):
        if message.role == "tool":
            yield from open_calls.answer(n, message)
            continue
        yield from open_calls.unanswered()
        if message.role == "assistant":
            open_calls = _Open(n, list(message.tool_calls))
            ids = [call.id for call in message.tool_calls if call.id]
            for id in sorted({id for id in ids if ids.count(id) > 1}):
                yield Problem("duplicate_call_id", f"turn {n}: two calls have the id {id}")
    if conversation.messages and conversation.messages[-1].role == "tool":
        yield from open_calls.unanswered()


@dataclass
class _Open:
    """The calls of turn `turn` that wait for a result, and the ids of those that have one."""

    turn: int = 0
    calls: list[ToolCall] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)

    def answer(self, n: int, message: Message) -> Iterator[Problem]:
        """Take the call that a result answers off the list."""
        id = message.tool_call_id
        ids = [call.id for call in self.calls]
        is_known = bool(id) and id in ids
        if not is_known and id in self.answered:
            yield Problem("duplicate_result", f"turn {n}: the call {id} has a result already")
            return
        if not self.calls:
            yield Problem("result_without_call", f"turn {n}: no call waits for a result")
            return
        call = self.calls.pop(ids.index(id) if is_known else 0)
        self.answered |= {id or call.id} - {""}
        if "" not in (id, call.id) and call.id != id:
            yield Problem("call_id_mismatch", f"turn {n} answers {id}, turn {self.turn} calls {call.id}")
        elif message.name and message.name != call.name:
            yield Problem("wrong_result_name", f"turn {n} is of {message.name}, turn {self.turn} calls {call.name}")

    def unanswered(self) -> Iterator[Problem]:
        """Each call that nothing answered."""
        for call in self.calls:
            yield Problem("call_without_result", f"turn {self.turn}: {call.name} {call.id}".rstrip())
