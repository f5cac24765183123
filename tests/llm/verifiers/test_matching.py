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
        ("number", "on 2024/05/17", "17", True),
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
