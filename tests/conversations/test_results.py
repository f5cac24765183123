"""Each call has a result, each result a call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.conversations.results import problems
from pipeline.core.conversation import Conversation, Message, ToolCall
from tests.conversations.weather import PLAIN, called, turn

ASK = Message("user", "天气？")


def reasons(conversation: Conversation) -> list[str]:
    return [problem.reason for problem in problems(conversation)]


def calls(*ids: str) -> Message:
    return Message("assistant", tool_calls=tuple(ToolCall("get_weather", "{}", id) for id in ids))


def result(id: str = "", name: str = "") -> Message:
    return Message("tool", "雨", tool_call_id=id, name=name)


@pytest.mark.parametrize(
    "messages",
    [
        (ASK, calls("a", "b"), result("b"), result("a"), Message("assistant", "Rain.")),
        (ASK, calls("", ""), result(), result(name="get_weather"), Message("assistant", "Rain.")),
        (ASK, calls("a")),  # what is learned last needs no result
        (ASK, calls("a"), result("a")),
        (),
    ],
)
def test_results_by_id_in_any_order_or_without_ids_in_turn(messages: tuple[Message, ...]) -> None:
    assert reasons(Conversation(messages)) == []


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ((ASK, calls("a", "a"), result("a"), result("a")), ["duplicate_call_id"]),
        ((ASK, calls("a", "b"), result("a"), Message("assistant", "x")), ["call_without_result"]),
        ((ASK, calls("a", "b"), result("a")), ["call_without_result"]),
        ((ASK, result("a"), Message("assistant", "x")), ["result_without_call"]),
        ((ASK, calls("a"), result("a"), result("a")), ["duplicate_result"]),
        ((ASK, calls("a"), result("z")), ["call_id_mismatch"]),
        ((ASK, calls("a"), result("a", "get_time")), ["wrong_result_name"]),
    ],
)
def test_each_fault_is_found(messages: tuple[Message, ...], found: list[str]) -> None:
    assert reasons(Conversation(messages)) == found


def test_a_result_behind_another_turn_has_lost_its_call() -> None:
    late = (ASK, calls("a"), ASK, result("a"), Message("assistant", "x"))
    assert "call_without_result" in reasons(Conversation(late))


def test_details_name_the_turns() -> None:
    (problem,) = problems(turn(called(), 3, tool_call_id="c9"))
    assert problem.reason == "call_id_mismatch"
    assert problem.detail == "turn 4 answers c9, turn 3 calls c1"


def test_sound_examples() -> None:
    assert reasons(PLAIN) == reasons(called()) == reasons(replace(called(), messages=called().messages[:3])) == []
