"""Teachers of prompts with tools: what they are offered, what their calls become, what verifies them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipeline.label.answers.settings import Answers
from tests.label.answers.test_teacher_answers import OPEN, own_cache, place, taught  # noqa: F401
from tests.llm.server import serving

ADD = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]}
TOOLS = [{"type": "function", "function": {"name": "add", "description": "加法", "parameters": ADD}}]


def with_tools(n, *more):
    """A prompt with a tool, and further turns."""
    fields = {**OPEN[n].fields, "tools": json.dumps(TOOLS, ensure_ascii=False)}
    return replace(OPEN[n], id=f"tools{n}", fields={**fields, "messages": [*fields["messages"], *more]})


def called(service, body, name="add", arguments='{"a": 2,\n"b": 2}'):
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return 200, service.completion(body, None, "tool_calls", tool_calls=[call]), {}


def answered(reply):
    with serving(None) as service:
        service.answer = lambda body, number: reply if isinstance(reply, str) else called(service, body, **reply)
        settings = {"teachers": {"t": place(service)}, "verifiers": {"number": {}}, "reference": "answer"}
        found = taught(settings, [with_tools(2)])
        assert service.asked[0]["tools"] == TOOLS
    assert found.report["with_tools"] == 1
    return found


@pytest.mark.parametrize("reply", [{}, '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 2}}\n</tool_call>'])
def test_calls_come_back_as_structure(reply) -> None:
    found = answered(reply)
    target = found.answer("tools2")[1]
    assert [(call["name"], call["arguments"]) for call in target["tool_calls"]] == [("add", '{"a": 2, "b": 2}')]
    assert target["content"] == ""
    assert found.accepted == {"tools2"}
    assert "tool_calls" in found.candidates[0].as_line(Answers())["reply"]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ({"name": "sum"}, "unknown tool 'sum'"),
        ({"arguments": '{"a": "two"}'}, "add: "),
        ({"arguments": "{a: 2"}, "add: arguments are no JSON"),
        ("The answer is 5.", "5"),
    ],
)
def test_calls_that_the_tools_do_not_allow_and_wrong_answers_are_refused(reply, problem) -> None:
    found = answered(reply)
    assert not found.best
    assert problem in found.candidates[0].detail


def test_a_teacher_may_answer_without_its_tools() -> None:
    found = answered("The answer is 4.")
    assert (found.answer("tools2")[1]["content"], found.accepted) == ("The answer is 4.", {"tools2"})


def test_earlier_calls_and_results_are_sent_as_structure_and_masked() -> None:
    arguments = '{"a": 4, "for": "ann@example.org", "phone": 13912345678}'
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "add", "arguments": arguments}]}
    result = {"role": "tool", "content": "8 for ann@example.org", "tool_call_id": "c1", "name": "add"}
    with serving(lambda body, number: "It is 8.") as service:
        found = taught({"teachers": {"t": place(service)}, "accept": "all"}, [with_tools(4, call, result)])
        _, asked, told = service.asked[0]["messages"]
    assert asked["tool_calls"][0]["function"]["name"] == "add"
    sent = json.loads(asked["tool_calls"][0]["function"]["arguments"])
    assert sent == {"a": 4, "for": "[EMAIL_1]", "phone": "[CN_MOBILE_1]"}
    assert (told["tool_call_id"], told["content"]) == ("c1", "8 for [EMAIL_1]")
    assert found.answer("tools4")[1]["content"] == "It is 8."
