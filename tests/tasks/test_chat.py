"""Conversations as a task: what is a conversation, what its reply, what is amiss."""

from __future__ import annotations

import pytest

from pipeline.core.record import Reject
from pipeline.tasks import TASKS, task_type
from tests import chats
from tests.chats import as_record_holds
from tests.record_strategies import CHAT
from tests.strategies import TASKS_BY_TYPE, record
from tests.tasks.turns import TURNS


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([], "missing_messages"),
        ([{"role": "narrator", "content": "x"}], "unknown_role"),
        ([{"role": "gpt", "value": "x"}], "no_user_turn"),
    ],
)
def test_rows_that_are_no_chat_are_rejected(turns, reason):
    with pytest.raises(Reject) as error:
        task_type(CHAT).parse({"messages": turns}, None, CHAT)
    assert error.value.reason == reason


def test_sharegpt_turns_become_ours_and_the_last_reply_the_target():
    turns = [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "您好！"}]
    assert task_type(CHAT).parse({"messages": turns}, None, CHAT) == (
        chats.fields([("user", "你好")]),
        chats.reply("您好！"),
    )


@pytest.mark.parametrize(
    ("turns", "target", "problem"),
    [
        ([{"role": "user", "content": " "}], "x", "turn 1 (user) says nothing"),
        ([{"role": "user", "content": "?"}], " ", "turn 2 (assistant) says nothing"),
        (
            [{"role": "assistant", "content": "x"}, {"role": "user", "content": "?"}],
            "x",
            "turn 1: the assistant speaks before the user",
        ),
        ([{"role": "user", "content": "?"}] * 2, "x", "turns 1 and 2 are both of role user"),
        (
            [{"role": "user", "content": "?"}, {"role": "system", "content": "x"}],
            "x",
            "turn 2 (system) stands after the conversation has begun",
        ),
    ],
)
def test_structural_problems_of_chats_are_found(turns, target, problem):
    assert problem in task_type(CHAT).problems(record(*as_record_holds({"messages": turns}, target)), CHAT)


def test_a_sound_chat_has_no_problems():
    assert task_type(CHAT).problems(record(*as_record_holds({"messages": TURNS}, "再见")), CHAT) == []


def test_chat_rows_hold_prompt_response_and_all_messages():
    row = task_type(CHAT).row(record(*as_record_holds({"messages": TURNS}, "再见")))
    assert (row["prompt"], row["response"], len(row["messages"])) == ("Bye", "再见", 4)


def test_conversation_ends_before_the_reply() -> None:
    turns = [
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "你好"},
        {"from": "gpt", "value": "您好！"},
    ]
    fields, reply = TASKS["chat"].parse({"messages": turns}, None, TASKS_BY_TYPE["chat"])
    assert [m["role"] for m in fields["messages"]] == ["system", "user"]
    assert reply == chats.reply("您好！")
    assert TASKS["chat"].row(record(dict(fields), reply))["messages"][-1] == {"role": "assistant", "content": "您好！"}
