"""Rubrics and transcripts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pipeline.llm.judges.rubric import Rubric, transcript
from tests.llm.judges.judged import conversation


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scale": (5, 1)}, "not below"),
        ({"criteria": {}}, "at least one"),
        ({"criteria": {"a": {"about": {}}}}, "about is empty"),
        ({"criteria": {"a": {"about": {"en": "x"}, "anchors": {9: {"en": "y"}}}}}, "outside the scale"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_refused(settings, words) -> None:
    with pytest.raises(ValidationError, match=words):
        Rubric.model_validate(settings)


def test_a_transcript_shows_every_turn_and_nothing_is_left_out() -> None:
    text = transcript(conversation("你好", "Hello 🙂"))
    assert text == "## system\nBe kind.\n\n## user\n你好\n\n## assistant\nHello 🙂"
