"""Problems in the order of roles."""

from __future__ import annotations

import pytest

from pipeline.conversations.order import is_empty, problems
from pipeline.core.conversation import Conversation, Message, ToolCall

S, D, U, A, T = (Message(role, "好") for role in ("system", "developer", "user", "assistant", "tool"))


def found(*messages: Message) -> list[tuple[str, str]]:
    return [(problem.reason, problem.detail) for problem in problems(Conversation(messages))]


@pytest.mark.parametrize(
    "messages", [(U, A), (S, U, A), (D, S, U, A), (U, A, T, T, A), (U,), (S, U, A, U), (U, A, Message("tool", ""), A)]
)
def test_sound_orders_have_no_fault(messages: tuple[Message, ...]) -> None:
    assert found(*messages) == []


@pytest.mark.parametrize(
    ("messages", "reason", "said"),
    [
        ((A, U, A), "starts_with_assistant", "turn 1"),
        ((S, A), "no_user_turn", "nobody asks"),
        ((), "no_user_turn", "nobody asks"),
        ((U, U, A), "same_role_twice", "turns 1 and 2 are both of role user"),
        ((U, A, A), "same_role_twice", "turns 2 and 3 are both of role assistant"),
        ((S, S, U, A), "several_system_turns", "turns 1, 2"),
        ((U, S, A), "late_system_turn", "turn 2 (system)"),
        ((U, A, U, D, A), "late_system_turn", "turn 4 (developer)"),
        ((U, Message("assistant", " ")), "empty_reply", "turn 2 (assistant)"),
        ((Message("user", "\n"), A), "empty_turn", "turn 1 (user)"),
        ((U, Message("assistant"), U, A), "empty_turn", "turn 2 (assistant)"),
    ],
)
def test_each_fault_is_found_alone_and_names_its_turn(messages: tuple[Message, ...], reason: str, said: str) -> None:
    assert [one for one, _ in found(*messages)] == [reason]
    assert said in found(*messages)[0][1]


@pytest.mark.parametrize(
    ("message", "empty"),
    [
        (Message("assistant"), True),
        (Message("assistant", " \n"), True),
        (Message("assistant", "", "thinking"), False),
        (Message("assistant", "", "", (ToolCall("f"),)), False),
        (Message("user", "。"), False),
    ],
)
def test_reasoning_and_calls_say_something_too(message: Message, empty: bool) -> None:
    assert is_empty(message) is empty
