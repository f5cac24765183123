"""Calls and quotations."""

from __future__ import annotations

import pytest

from pipeline.core.conversation import ToolCall
from pipeline.llm.verifiers.contract import Case
from tests.llm.verifiers.asking import verdict

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("weather", '{"city": "里昂"}', ""),
        ("wether", '{"city": "Lyon"}', "unknown tool"),
        ("weather", "{}", "required"),
        ("weather", '{"city": 7}', "city"),
        ("weather", '{"city": "Lyon", "day": 1}', "day"),
        ("weather", "city=Lyon", "no JSON"),
    ],
)
def test_calls_are_held_against_the_tools(name, arguments, problem) -> None:
    found = verdict("tool_calls", Case("", calls=(ToolCall(name, arguments),), tools=(WEATHER,)))
    assert problem in found
    assert bool(found) is bool(problem)


def test_no_call_is_no_valid_call() -> None:
    assert verdict("tool_calls", Case("I called it.", tools=(WEATHER,)))


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ('The page says "Rinse the filter monthly" first.', True),
        ("rinse the FILTER monthly, with cold water", True),
        ('It says "Rinse the filter weekly".', False),
        ('"Rinse the filter monthly" and "throw it away after use"', False),
        ("“每月冲洗滤网一次”", True),
        ("“每周冲洗滤网一次”", False),
        ("", False),
        ('"ok"', False),
    ],
)
def test_quotations_stand_in_the_passage(text, is_right) -> None:
    passage = "Care. Rinse the filter monthly, with cold water.\n保养：每月冲洗滤网一次，用冷水。"
    found = verdict("must_quote", Case(text, passage=passage), min_chars=6)
    assert (found == "") is is_right, found
