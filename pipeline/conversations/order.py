"""Whose turn it is: problems in the order of roles, and turns that say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from pipeline.conversations.problem import Problem
from pipeline.core.conversation import Conversation, Message

#: Roles that instruct; they stand before all others.
INSTRUCTING = ("system", "developer")


def problems(conversation: Conversation) -> Iterator[Problem]:
    """Problems in the order of roles.

    Reasons: no_user_turn, starts_with_assistant, same_role_twice, late_system_turn, several_system_turns, empty_turn,
    empty_reply. Tool turns may follow each other; where they may stand is for `results.problems` to say.
    """
    messages = conversation.messages
    yield from _instructing(messages)
    said = [(n, message.role) for n, message in enumerate(messages, 1) if message.role not in INSTRUCTING]
    if "user" not in dict(said).values():
        yield Problem("no_user_turn", "nobody asks anything")
    elif said[0][1] == "assistant":
        yield Problem("starts_with_assistant", f"turn {said[0][0]}: the assistant speaks before the user")
    for (a, role), (b, following) in pairwise(said):
        if role == following and role != "tool":
            yield Problem("same_role_twice", f"turns {a} and {b} are both of role {role}")
    yield from _empty(messages)


def _empty(messages: Sequence[Message]) -> Iterator[Problem]:
    for n, message in enumerate(messages, 1):
        if is_empty(message) and message.role != "tool":  # a tool may have nothing to report
            is_reply = n == len(messages) and message.role == "assistant"
            yield Problem("empty_reply" if is_reply else "empty_turn", f"turn {n} ({message.role}) says nothing")


def is_empty(message: Message) -> bool:
    """Whether a turn has no text, no reasoning and no call."""
    return not (message.content.strip() or message.reasoning.strip() or message.tool_calls)


def _instructing(messages: Sequence[Message]) -> Iterator[Problem]:
    first = len(list(takewhile(lambda message: message.role in INSTRUCTING, messages)))
    for role in INSTRUCTING:
        ahead = [n for n, message in enumerate(messages[:first], 1) if message.role == role]
        if len(ahead) > 1:
            yield Problem("several_system_turns", f"turns {', '.join(map(str, ahead))} are all of role {role}")
    for n, message in enumerate(messages[first:], first + 1):
        if message.role in INSTRUCTING:
            yield Problem("late_system_turn", f"turn {n} ({message.role}) stands after the conversation has begun")
