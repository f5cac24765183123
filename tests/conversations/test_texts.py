"""Texts about markup."""

from __future__ import annotations

import pytest

from pipeline.conversations.checks import problems
from tests.conversations.weather import PLAIN, turn


@pytest.mark.parametrize(
    "text",
    [
        "Write `<think>` and close it with `</think>`.",
        "```\n<think>\n<|im_end|>\n<tool_call>\n```",
        "Tags such as <think> are removed.",  # within a line: about the tag
        "<think>\nten\n</think>\n\nNeon.",
        "a < b and [INST is cut",
    ],
)
def test_texts_about_markup_are_no_fault(text: str) -> None:
    assert list(problems(turn(PLAIN, 1, content=text))) == []
