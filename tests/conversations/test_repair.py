"""Conversations in the order that templates want: each repair, its count, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversations.checks import problems
from pipeline.conversations.repair import TurnOrder, is_closing, repaired
from pipeline.core.conversation import Conversation, Message, ToolCall
from tests.conversations.sound import sound_conversations

KEEP = TurnOrder(greeting="keep", same_role="keep", trailing_user="keep", system="keep")


def conversation(*turns: str) -> Conversation:
    """`u: text` is a user's turn; s, a, t, d as their roles begin."""
    roles = {"s": "system", "d": "developer", "u": "user", "a": "assistant", "t": "tool"}
    return Conversation(tuple(Message(roles[turn[0]], turn[2:].strip()) for turn in turns))  # type: ignore[arg-type]


def said(found: Conversation) -> list[str]:
    return [f"{message.role[0]}:{message.content}" for message in found.messages]


@pytest.mark.parametrize(
    ("turns", "expected", "done"),
    [
        (["a:您好", "u:怎么退货？", "a:点击申请。"], ["u:怎么退货？", "a:点击申请。"], {"greeting_dropped": 1}),
        (["s:客服", "a:Hi!", "u:q", "a:r"], ["s:客服", "u:q", "a:r"], {"greeting_dropped": 1}),
        (["u:在吗？", "u:没有更新。", "a:我来查。"], ["u:在吗？\n没有更新。", "a:我来查。"], {"turns_joined": 1}),
        (["u:q", "a:可以的。", "a:请提供税号。"], ["u:q", "a:可以的。\n请提供税号。"], {"turns_joined": 1}),
        (["u:q", "a:r", "u:好的，谢谢！"], ["u:q", "a:r"], {"trailing_user_cut": 1}),
        (["u:q", "a:r", "u:And then?"], ["u:q", "a:r"], {"trailing_user_cut": 1}),
        (["s:一", "s:二", "u:q", "a:r"], ["s:一\n二", "u:q", "a:r"], {"system_joined": 1}),
        (["u:q", "s:老会员", "a:r"], ["s:老会员", "u:q", "a:r"], {"system_moved": 1}),
        (["s:", "u:q", "a:r"], ["u:q", "a:r"], {"empty_system_dropped": 1}),
        (["d:", "s:x", "u:q", "a:r"], ["s:x", "u:q", "a:r"], {"empty_system_dropped": 1}),
        (["u:", "u:q", "a:r"], ["u:q", "a:r"], {"turns_joined": 1}),
    ],
)
def test_each_repair_is_made_and_counted(turns: list[str], expected: list[str], done: dict[str, int]) -> None:
    found, counted = repaired(conversation(*turns), TurnOrder())
    assert said(found) == expected
    assert dict(counted) == done


def test_greeting_goes_into_the_system_turn() -> None:
    order = TurnOrder(greeting="to_system")
    found, done = repaired(conversation("s:Be kind.", "a:Hello!", "u:q", "a:r"), order)
    assert said(found) == ["s:Be kind.\nHello!", "u:q", "a:r"]
    assert done["greeting_to_system"] == 1
    assert said(repaired(conversation("a:Hello!", "u:q", "a:r"), order)[0]) == ["s:Hello!", "u:q", "a:r"]


def test_a_reply_given_without_the_system_text_is_not_learned() -> None:
    found, _ = repaired(conversation("u:q", "a:r", "s:late", "u:q2", "a:r2"), TurnOrder())
    assert [(m.role[0], m.learn) for m in found.messages] == [
        ("s", None),
        ("u", None),
        ("a", False),
        ("u", None),
        ("a", None),
    ]


def test_what_waits_for_a_reply_is_not_cut() -> None:
    given = conversation("u:q", "a:r", "u:q2")
    assert repaired(given, TurnOrder(), is_open=True) == (given, {})
    asked = conversation("u:q")
    assert repaired(asked, TurnOrder()) == (asked, {})  # nothing would be left to learn


def test_only_thanks_are_cut_where_asked() -> None:
    order = TurnOrder(trailing_user="cut_thanks")
    assert said(repaired(conversation("u:q", "a:r", "u:谢谢您！"), order)[0]) == ["u:q", "a:r"]
    assert said(repaired(conversation("u:q", "a:r", "u:那运费呢？"), order)[0]) == ["u:q", "a:r", "u:那运费呢？"]


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "OK, thank you so much.",
        "好的，谢谢！",
        "嗯嗯明白了",
        "好的ok谢谢",
        "👍",
        "Great, that helps. Bye!",
        "",
    ],
)
def test_thanks_are_known(text: str) -> None:
    assert is_closing(text)


@pytest.mark.parametrize(
    "text", ["book it", "可以换颜色吗", "好吃", "OK?", "不行", "thanks, but why 3?", "不好", "Goods"]
)
def test_other_turns_are_no_thanks(text: str) -> None:
    assert not is_closing(text)


def test_calls_are_not_joined_and_no_greeting() -> None:
    call = Message("assistant", tool_calls=(ToolCall("f"),))
    round_trip = (Message("user", "q"), call, Message("tool", "1"), Message("assistant", "r"))
    opened = (call, Message("tool", "1"), Message("user", "q"), Message("assistant", "r"))
    two = (Message("user", "q"), call, Message("assistant", "r"))
    for messages in (round_trip, opened, two):
        given = Conversation(messages)
        assert repaired(given, TurnOrder()) == (given, {})


def test_joined_turns_keep_reasoning_calls_and_what_is_not_to_be_learned() -> None:
    first = Message("assistant", "a", reasoning="x", learn=False)
    second = Message("assistant", "b", reasoning="y", tool_calls=(ToolCall("f"),), learn=True)
    found, _ = repaired(Conversation((Message("user", "q"), first, second)), TurnOrder())
    assert found.messages[1] == Message("assistant", "a\nb", "x\ny", (ToolCall("f"),), learn=False)
    speakers = (Message("user", "q", name="ann"), Message("user", "p", name="bob"), Message("assistant", "r"))
    assert repaired(Conversation(speakers), TurnOrder())[1] == {}


@given(sound_conversations())
@settings(max_examples=200, deadline=None)
def test_sound_conversations_stay_as_they_are(given: Conversation) -> None:
    found, done = repaired(given, TurnOrder())
    assert found is given
    assert not done


@given(st.lists(st.sampled_from(["s:x", "u:q", "a:r", "u:", "s:"]), max_size=8))
@settings(max_examples=300, deadline=None)
def test_what_is_repaired_stays_repaired_and_has_no_fault_of_order(turns: list[str]) -> None:
    found, _ = repaired(conversation(*turns), TurnOrder())
    assert repaired(found, TurnOrder()) == (found, {})
    left = {problem.reason for problem in problems(found)}
    assert left <= {"no_user_turn", "empty_turn", "empty_reply"}


@given(st.lists(st.sampled_from(["s:x", "u:q", "a:r", "u:"]), max_size=6))
@settings(deadline=None)
def test_nothing_is_touched_where_all_is_kept(turns: list[str]) -> None:
    given = conversation(*turns)
    assert repaired(given, KEEP) == (given, {})
