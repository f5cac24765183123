"""Summarization: a summary is shorter than its document."""

from __future__ import annotations

import pytest

from pipeline.core.settings import Task
from pipeline.tasks import TASKS
from tests.strategies import record

TASK = Task(type="summarization")


@pytest.mark.parametrize(
    ("text", "target", "problems"),
    [
        ("The council met for four hours and agreed on nothing.", "The council agreed on nothing.", []),
        ("会议开了四个小时，没有达成任何协议。", "会议无果。", []),
        ("short", "short", ["the summary is not shorter than the document"]),
        ("短", "不太短", ["the summary is not shorter than the document"]),
        ("", "x", ["text is empty"]),
        ("A document.", " ", ["target is empty"]),
        ("A document.", None, []),
    ],
)
def test_a_summary_that_is_no_summary_says_why(text: str, target: str | None, problems: list[str]) -> None:
    assert TASKS["summarization"].problems(record({"text": text}, target), TASK) == problems
