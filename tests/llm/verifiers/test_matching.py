"""Answers beside a reference: texts, numbers, choices, patterns."""

from __future__ import annotations

import pytest

from pipeline.llm.verifiers.contract import Case
from tests.llm.verifiers.asking import verdict


@pytest.mark.parametrize(
    ("name", "text", "reference", "is_right"),
    [
        ("exact", "The answer is Paris.", "paris", True),
        ("exact", "ＰＡＲＩＳ", "Paris", True),
        ("exact", "London", "Paris", False),
        ("exact", "", "Paris", False),
        ("number", "She has 1,024 apples.\n#### 1,024", "1024", True),
        ("number", "共３２元", "32", True),
        ("number", "50%", "0.5", True),
        ("number", "50\\%", "0.5", True),
        ("number", "二分之一，即 1/2", "0.5", True),
        ("number", "It is 1/2.", "2", False),
        ("number", "½", "0.5", True),
        ("number", "1/0", "1", False),
        ("number", "on 2024/05/17", "17", False),  # a date holds no answer
        ("number", "2024-05-17", "2023-05-17", False),
        ("number", "她在2024年5月17日买了325个", "325", True),
        ("number", "她买了325个，时间是2024年5月17日", "325", True),
        ("number", "1949年", "1949", True),
        ("number", "一共是三百二十五元。", "325", True),
        ("number", "三百二十六", "325", False),
        ("number", "325", "三百二十五", True),
        ("number", "答案是两千", "2000", True),
        ("number", "占百分之五", "0.05", True),
        ("number", "占百分之五", "5", False),
        ("number", "3万元", "30000", True),
        ("number", "3万", "3", False),
        ("number", "四分之一", "1/4", True),
        ("number", "等于-5", "-5", True),
        ("number", "得负五", "-5", True),
        ("number", "她还有三个苹果", "3", False),  # a single numeral in a sentence may be part of a word
        ("number", "三个苹果", "3", True),
        ("number", "３，２５６", "3256", True),
        ("number", "是25个，一起算的", "25", True),
        ("number", "我一定不知道", "1", False),
        ("number", "大约三百多个", "300", False),
        ("number", "between 10-15", "15", True),
        ("number", "1e999999999", "7", False),
        ("number", "about 33", "32", False),
        ("number", "none", "32", False),
        ("number", "-5", "5", False),
        ("number", "it was .25 then", "0.25", True),
        ("choice", "B", "B", True),
        ("choice", "(B) because A is wrong", "B", True),
        ("choice", "The answer is (C).", "C", True),
        ("choice", "A or B", "A", False),
        ("choice", "选 C", "C", True),
        ("choice", "a dog", "A", False),
        ("choice", "", "A", False),
        ("math", "\\boxed{\\frac{1}{2}}", "0.5", True),
        ("math", "x = 2", "2", True),
        ("math", "50\\%", "0.5", True),
        ("math", "The answer is 3/4", "0.75", True),
        ("math", "$\\sqrt{2}/2$", "\\frac{1}{\\sqrt{2}}", True),
        ("math", "0.51", "1/2", False),
        ("math", "", "7", False),
        ("math", "我不知道", "7", False),
    ],
)
def test_answers_are_held_against_the_reference(name, text, reference, is_right) -> None:
    found = verdict(name, Case(text, reference))
    assert (found == "") is is_right, found


@pytest.mark.parametrize("name", ["exact", "number", "choice", "math"])
def test_without_a_reference_nothing_passes(name) -> None:
    assert verdict(name, Case("4"))


def test_patterns_schemas_and_lengths() -> None:
    assert verdict("regex", Case("order A-17 is late"), pattern=r"[A-Z]-\d+") == ""
    assert verdict("regex", Case("order A-17 is late"), pattern=r"[A-Z]-\d+", whole=True)
    schema = {"type": "object", "required": ["城市"], "properties": {"城市": {"type": "string"}}}
    assert verdict("json_schema", Case('```json\n{"城市": "苏州"}\n```'), json_schema=schema) == ""
    assert "城市" in verdict("json_schema", Case('{"城市": 3}'), json_schema=schema)
    assert verdict("length", Case("  好  "), min_chars=2)
    assert verdict("length", Case("好的"), min_chars=2, max_chars=2) == ""
