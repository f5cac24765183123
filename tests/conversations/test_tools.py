"""Tools without a schema, and open ones."""

from __future__ import annotations

from dataclasses import replace

from pipeline.conversations.checks import problems
from tests.conversations.weather import WEATHER, called, tool


def test_tools_without_a_schema_and_open_schemas_take_any_argument() -> None:
    for parameters in (None, {}, {"type": "object"}, {**WEATHER["function"]["parameters"], "additionalProperties": {}}):
        given = replace(called('{"city": "a", "country": "b"}'), tools=(tool(parameters=parameters),))
        assert list(problems(given)) == []
    bare = ({"name": "get_weather", "input_schema": WEATHER["function"]["parameters"]},)
    assert [problem.reason for problem in problems(replace(called("{}"), tools=bare))] == ["missing_argument"]
