"""Answers in a context."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from pipeline.tasks import TASKS


@pytest.mark.parametrize(
    ("context", "answer", "place"),
    [
        ("In 1066 Harold fell.", {"start": 0, "text": "Harold"}, 8),
        ("他住在北京。", {"start": 9, "text": "北京"}, 3),
        ("a cat", {"start": 1, "text": " cat"}, 2),
    ],
)
def test_wrong_answer_offset_is_mended_where_the_answer_occurs_once(
    context: str, answer: dict[str, Any], place: int
) -> None:
    _, (repaired,) = TASKS["qa"].repair({"context": context, "question": "?"}, [answer])
    assert repaired["start"] == place
    assert context[place:].startswith(repaired["text"])


@pytest.mark.parametrize(
    ("context", "reason"), [("cat and cat", "answer_is_ambiguous"), ("dog", "answer_not_in_context")]
)
def test_answer_that_cannot_be_placed_is_rejected(context: str, reason: str) -> None:
    with pytest.raises(Reject) as caught:
        TASKS["qa"].repair({"context": context, "question": "?"}, [{"start": 1, "text": "cat"}])
    assert caught.value.reason == reason
