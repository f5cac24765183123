"""Rows as services and data sets write them, where that is more than our writers say."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from tests.dialects.reading import read

#: What a tool gave, and its text; None where no text is kept.
RESULTS: tuple[tuple[Any, str | None], ...] = (
    ({"城市": "里昂", "mm": [3, None], "rain": True}, '{"城市": "里昂", "mm": [3, null], "rain": true}'),
    ([{"type": "flight", "price": 3}], '[{"type": "flight", "price": 3}]'),
    (["a", "b"], '["a", "b"]'),
    ([], "[]"),
    (True, "true"),
    ({"mm": float("nan")}, None),
    ([{"type": "text", "text": "rain"}, {"type": "image_url", "image_url": {}}], None),
    ([{"type": "text", "text": "ra"}, {"type": "text", "text": "in"}], "rain"),
    (3, "3"),
    (None, ""),
    ("{'a': 1}", "{'a': 1}"),
)


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("responses", {"input": [{"type": "web_search_call"}]}, "unknown_item"),
        ("responses", {"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "not_text_only"),
        ("responses", {}, "missing_messages"),
        ("anthropic", {"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "not_text_only"),
        ("anthropic", {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "bad_call"),
        ("harmony", {"messages": [{"role": "assistant", "channel": "x", "content": "a"}]}, "unknown_channel"),
        ("sharegpt", {"messages": []}, "not_a_dialogue"),
        ("sharegpt", {"conversations": [{"from": "function_call", "value": "{"}]}, "bad_call"),
        ("messages", {"messages": [{"role": "assistant", "content": "a", "weight": 0.5}]}, "bad_weight"),
        ("messages", {"messages": [{"role": "user", "content": "a"}], "tools": "{"}, "bad_tools"),
        ("messages", {"messages": [{"role": "user", "content": "a"}], "chat_template_kwargs": "[]"},
         "bad_template_arguments"),
        ("alpaca", {"instruction": "a", "history": "x"}, "not_a_dialogue"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_read_say_why(name: str, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(Reject) as caught:
        read(name, row)
    assert caught.value.reason == reason


def row_with_result(name: str, result: object) -> dict[str, Any]:
    """A row of the dialect whose tool gave `result`."""
    call = {"id": "c1", "name": "weather", "arguments": "{}"}
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    if name == "responses":
        items = [{"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}]
        return {"input": "q", "output": [*items, {"type": "function_call_output", "call_id": "c1", "output": result}]}
    if name == "anthropic":
        use = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
        block = {"type": "tool_result", "tool_use_id": "c1", "content": result}
        blocks = [{"role": "assistant", "content": [use]}, {"role": "user", "content": [block]}]
        return {"messages": [turns[0], *blocks]}
    if name == "sharegpt":
        said = [("human", "q"), ("function_call", '{"name": "weather", "arguments": {}}'), ("observation", result)]
        return {"conversations": [{"from": who, "value": value} for who, value in said]}
    role = "tool_response" if name == "ms_swift" else "tool"
    return {"messages": [*turns, {"role": role, "content": result, "tool_call_id": "c1"}]}


@pytest.mark.parametrize(
    "name", ["messages", "trl", "hermes", "harmony", "ms_swift", "responses", "anthropic", "sharegpt"]
)
@pytest.mark.parametrize(("result", "text"), RESULTS)
def test_results_of_tools_that_are_data_are_kept_as_json_and_counted(
    name: str, result: object, text: str | None
) -> None:
    row = row_with_result(name, result)
    if text is None:
        with pytest.raises(Reject, match=r"not_a_text|not_text_only"):
            read(name, row)
        return
    conversation, reading = read(name, row)
    assert (conversation.messages[-1].role, conversation.messages[-1].content) == ("tool", text)
    is_data = isinstance(result, dict | list | bool) and text != "rain"
    assert reading.repaired == ({"tool_result_as_json": 1} if is_data else {})
