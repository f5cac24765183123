"""Answers held to a schema."""

from __future__ import annotations

import json

import pytest

from pipeline.llm.client import ask_all
from pipeline.llm.question import ask
from tests.llm.asking import model
from tests.llm.server import as_json, last, serving

SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["好", "bad"]}},
    "required": ["label"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "text",
    ['{"label": "好"}', '```json\n{"label": "好"}\n```', 'Sure! {"label": "好"} Anything else?', ' {"label":"好"}\n'],
)
def test_json_is_found_in_what_models_wrap_around_it(text) -> None:
    with serving(lambda body, number: text) as service:
        found = ask_all(model(service), [ask("Which?", schema=SCHEMA)])[0]
    assert found.is_usable
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "text", ["好", '{"label": "so so"}', '{"label": "好", "why": 1}', "[1]", '{"label": ', "", "[" * 5000]
)
def test_what_breaks_the_schema_is_asked_once_more_with_the_reason(text) -> None:
    with serving(lambda body, number: text if number == 0 else as_json({"label": "bad"})) as service:
        found = ask_all(model(service), [ask("Which?", schema=SCHEMA)])[0]
    assert json.loads(found.text) == {"label": "bad"}
    assert [turn["role"] for turn in service.asked[1]["messages"]] == ["user", "assistant", "user"]
    assert "not JSON of the schema" in last(service.asked[1])


def test_what_breaks_it_twice_is_no_answer() -> None:
    with serving(lambda body, number: "I would say: good") as service:
        engine = model(service)
        found = ask_all(engine, [ask("Which?", schema=SCHEMA), ask("And this?")])
        assert [a.problem for a in found] == ["not_json", ""]
        ask_all(engine, [ask("Which?", schema=SCHEMA)])
    assert len(service.asked) == 3


def test_a_service_without_schemas_is_asked_with_the_schema_in_the_prompt() -> None:
    def answer(body, number):
        if "response_format" in body:
            return 400, {"error": {"message": "response_format of type json_schema is not supported"}}, {}
        return as_json({"label": "好"})

    with serving(answer) as service:
        found = ask_all(model(service, parallel=1), [ask(f"{n}?", schema=SCHEMA) for n in range(3)])
    assert all(a.is_usable for a in found)
    assert ["response_format" in body for body in service.asked] == [True, False, False, False]
    assert '"label"' in last(service.asked[-1])
