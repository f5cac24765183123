from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from tests.collect.reading import read


def roles(row: Any) -> list[tuple[str, str]]:
    return [(m.get("role", m.get("from")), m.get("content", m.get("value"))) for m in row.values["messages"]]


def test_dialogues_alternate_and_stay_text(tmp_path):
    text = "categories:\n- AI\n- talk\nconversations:\n- - Is it on?\n  - Yes\n  - 007\n- - 你好\n  - 你好!\n"
    rows = read(tmp_path, "a.yml", text, format="dialogues")
    assert roles(rows[0]) == [("user", "Is it on?"), ("assistant", "Yes"), ("user", "007")]
    assert (rows[1].number, rows[1].values["categories"]) == (8, "AI+talk")


def test_dialogues_bad_rows(tmp_path):
    rows = read(tmp_path, "a.yml", "conversations:\n- - only\n- - a: b\n  - c\n- text\n", format="dialogues")
    assert [row.reason for row in rows] == ["one_turn_only", "not_a_dialogue", "not_a_dialogue"]
    assert [row.number for row in rows] == [2, 3, 5]


@pytest.mark.parametrize(
    ("content", "message"), [("a: [", r"a\.yml:2: not YAML"), ("a: 1\n", "no list called 'conversations'")]
)
def test_dialogues_that_are_none_stop(tmp_path, content, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.yml", content + "\n", format="dialogues")
