"""Tool definitions of any dialect."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pipeline.core.record import Reject
from pipeline.core.tool_definitions import tools_of, without_nulls

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}


@pytest.mark.parametrize(
    "given",
    [
        [WEATHER],
        WEATHER,
        json.dumps([WEATHER]),
        [json.dumps(WEATHER)],
        [{"name": "weather", "input_schema": SCHEMA}],
        [{"type": "function", "name": "weather", "parameters": SCHEMA}],
    ],
)
def test_definitions_of_any_dialect_are_those_of_openai(given: Any) -> None:
    assert tools_of(given) == (WEATHER,)


@pytest.mark.parametrize("given", [None, "", "  ", [], math.nan])
def test_no_definitions(given: Any) -> None:
    assert tools_of(given) == ()


@pytest.mark.parametrize("given", ["[", 3, [{}], [{"name": ""}], [{"type": "web_search", "name": "web"}], ["weather"]])
def test_definitions_that_cannot_be_read_are_rejected(given: Any) -> None:
    with pytest.raises(Reject) as error:
        tools_of(given)
    assert error.value.reason == "bad_tools"


def test_nulls_that_a_column_put_in_are_taken_out_and_own_ones_stay() -> None:
    through_arrow = {"name": "f", "description": None, "parameters": {"type": "object", "required": None}}
    assert tools_of([through_arrow])[0]["function"] == {"name": "f", "parameters": {"type": "object"}}
    own = {"name": "f", "parameters": {"type": "object", "properties": {"a": {"default": None}}}}
    assert tools_of([own])[0]["function"] == own
    assert without_nulls({"a": [{"b": None, "c": 0}], "d": None}) == {"a": [{"c": 0}]}
