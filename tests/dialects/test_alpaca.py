"""Rows of instruction, input and output, with a history of pairs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.conversation import Conversation, Message
from pipeline.core.record import Reject
from pipeline.core.turns import Reading
from pipeline.dialects.alpaca import read, write


def turns(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in read(row, Reading()).messages]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"instruction": "翻译", "input": "cat", "output": "猫"}, [("user", "翻译\n\ncat"), ("assistant", "猫")]),
        ({"instruction": "Say hi", "input": "", "output": "hi"}, [("user", "Say hi"), ("assistant", "hi")]),
        ({"prompt": "Say hi", "completion": "hi"}, [("user", "Say hi"), ("assistant", "hi")]),
        (
            {"query": "?", "response": "!", "system": "Be kind."},
            [("system", "Be kind."), ("user", "?"), ("assistant", "!")],
        ),
        ({"instruction": "x", "output": None}, [("user", "x")]),
        ({"instruction": "x", "output": float("nan")}, [("user", "x")]),
        ({"instruction": "x", "output": ""}, [("user", "x"), ("assistant", "")]),
        ({"instruction": 2, "output": 4}, [("user", "2"), ("assistant", "4")]),
        (
            {"instruction": "三", "output": "4", "history": [["一", "2"]]},
            [("user", "一"), ("assistant", "2"), ("user", "三"), ("assistant", "4")],
        ),
        (
            {"instruction": "b", "output": "c", "history": '[{"user": "a", "assistant": "x"}]'},
            [("user", "a"), ("assistant", "x"), ("user", "b"), ("assistant", "c")],
        ),
    ],
)
def test_a_row_is_a_conversation(row: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert turns(row) == expected


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"output": "x"}, "not_a_dialogue"),
        ({}, "not_a_dialogue"),
        ({"instruction": ["x"], "output": "y"}, "not_a_text"),
        ({"instruction": "x", "output": {"a": 1}}, "not_a_text"),
        ({"instruction": "x", "output": "y", "history": "earlier"}, "not_a_dialogue"),
        ({"instruction": "x", "output": "y", "history": [["only a question"]]}, "not_a_dialogue"),
        ({"instruction": "x", "output": "y", "history": [[None, "a"]]}, "not_a_text"),
    ],
)
def test_a_row_that_is_none_says_why(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(Reject) as error:
        read(row, Reading())
    assert error.value.reason == reason


def test_earlier_turns_are_written_as_pairs() -> None:
    said = (("system", "s"), ("user", "一"), ("assistant", "2"), ("user", "三"), ("assistant", "4"))
    row = write(Conversation(tuple(Message(role, text) for role, text in said)))  # type: ignore[arg-type]
    assert row == {"instruction": "三", "input": "", "output": "4", "system": "s", "history": [["一", "2"]]}
    assert turns(json.loads(json.dumps(row))) == list(said)
