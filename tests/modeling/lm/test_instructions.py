"""Instructions, and texts cut to fit."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject
from pipeline.core.settings import Task, parse
from pipeline.modeling.lm.instructions import cut_to_fit, filled, instruction
from pipeline.modeling.training.recipe import Recipe
from tests.modeling.heads.text_rows import INTO_CHINESE, SUMMARIES


@pytest.mark.parametrize(
    ("row", "task", "expected"),
    [
        ({"text": "hi", "lang": "en"}, INTO_CHINESE, "Translate this text into Chinese:\n\nhi"),
        ({"text": "你好", "lang": "zh"}, INTO_CHINESE, "把下面的文字翻译成中文：\n\n你好"),
        ({"text": "hallo", "lang": "de"}, INTO_CHINESE, "Translate this text into Chinese:\n\nhallo"),
        ({"text": "今天天气很好。"}, SUMMARIES, "概括下面的文字：\n\n今天天气很好。"),
        ({"text": "braces {language} {text}"}, SUMMARIES, "Summarise this text:\n\nbraces {language} {text}"),
    ],
)
def test_the_instruction_is_in_the_language_of_the_text(row, task, expected):
    assert filled(instruction(row, task, {}, plain=False), row["text"]) == expected


def test_own_instructions_win_and_plain_models_read_the_text_alone():
    row = {"text": "你好", "lang": "zh"}
    task = Task(type="translation", target_language="xx")
    assert instruction(row, task, {"en": "to {language}: {text}"}, plain=False) == "to xx: {text}"
    assert instruction(row, task, {"en": "a {text}", "zh": "译成{language}：{text}"}, plain=True) == "译成xx：{text}"
    assert instruction(row, task, {}, plain=True) == "{text}"
    with pytest.raises(PipelineError, match=r"'zh' has no place for the \{text\}"):
        parse({"instructions": {"en": "{text}", "zh": "翻译"}}, Recipe, "params.yaml: train")


def test_cut_to_fit_keeps_nearly_all_that_fits():
    assert cut_to_fit("abc", len, 3) == "abc"
    for room in (1, 7, 99, 1000):
        assert 0.97 * room <= len(cut_to_fit("x" * 5000, len, room)) <= room
    with pytest.raises(Reject, match="target_too_long"):
        cut_to_fit("abc", lambda part: 10 + len(part), 10)
