"""Translation: what makes a pair suspect."""

from __future__ import annotations

import pytest

from pipeline.core.settings import Task
from pipeline.tasks import TASKS
from tests.strategies import record

INTO_CHINESE = Task(type="translation", languages=("en", "zh"), target_language="zh")
INTO_ENGLISH = INTO_CHINESE.model_copy(update={"target_language": "en"})
KIND = TASKS["translation"]


@pytest.mark.parametrize(
    ("text", "target", "task"),
    [
        ("Good morning", "早上好", INTO_CHINESE),
        ("早上好，今天天气怎么样？", "Good morning, how is the weather today?", INTO_ENGLISH),
        ("42", "42", INTO_CHINESE),  # a number is its own translation
        ("你好", "嗨", INTO_ENGLISH),  # too short to tell the script by
        ("Use the iPhone 15 now", "现在使用 iPhone 15 手机吧朋友们", INTO_CHINESE),
    ],
)
def test_a_sound_pair_has_no_problems(text: str, target: str, task: Task) -> None:
    assert KIND.problems(record({"text": text}, target), task) == []


@pytest.mark.parametrize(
    ("text", "target", "task", "problem"),
    [
        ("Good morning", "good  MORNING.", INTO_ENGLISH, "the target is a copy of the text"),
        ("早上好", "早上好", INTO_CHINESE, "the target is a copy of the text"),
        ("Yes", "是的" * 12, INTO_CHINESE, "the sides differ in length by 24.0 times"),
        ("今天天气很好" * 4, "Yes.", INTO_ENGLISH, "differ in length"),
        ("Good morning", "Guten Morgen", INTO_CHINESE, "the target is not written in zh"),
        ("早上好", "早上好呀朋友", INTO_ENGLISH, "the target is not written in en"),
        (" ", "早上好", INTO_CHINESE, "text is empty"),
        ("Good morning", " \n", INTO_CHINESE, "target is empty"),
    ],
)
def test_a_suspect_pair_says_why(text: str, target: str, task: Task, problem: str) -> None:
    found = KIND.problems(record({"text": text}, target), task)
    assert any(problem in sentence for sentence in found), found


def test_what_is_not_translated_yet_has_no_problem() -> None:
    assert KIND.problems(record({"text": "Good morning"}), INTO_CHINESE) == []
