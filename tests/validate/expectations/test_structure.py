"""Invalid conversations and structure."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from tests.validate.conftest import CHAT, assert_names, chat, check, review, sound_chats, sound_reviews

# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", " ")], {"expect": "valid_structure"}, {"bad": "text is empty"}),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    assert_names(added, entry, named)


def test_invalid_conversations_are_named_with_reason_and_evidence():
    assert check(sound_chats(), CHAT, expect="valid_conversations").passed
    bad = chat("bad", [("user", "氖是什么？")], "<think>\n第十号元素")
    finding = check([*sound_chats(), bad], CHAT, expect="valid_conversations")
    assert [item["id"] for item in finding.first] == ["bad"]
    assert "reasoning_left_open: turn 2: <think>" in finding.first[0]["why"]
    assert check([*sound_chats(), bad], CHAT, expect="valid_conversations", allow=["reasoning_left_open"]).passed
    with pytest.raises(PipelineError, match="valid_conversations is not for classification"):
        check(sound_reviews(), expect="valid_conversations")


def test_chat_structure_and_columns():
    bad = chat("bad", [("user", "再见"), ("user", "在吗")], "在。", lang="zh")
    finding = check([*sound_chats(), bad], CHAT, expect="valid_structure")
    assert finding.first == ({"id": "bad", "why": "turns 1 and 2 are both of role user"},)
    assert check(sound_chats(), CHAT, expect="values_present", column="response").passed
    assert check(sound_chats(), CHAT, expect="values_present", column="messages").passed
    assert check(sound_chats(), CHAT, expect="no_leakage").passed
