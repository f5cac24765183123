"""Rows as services and data sets write them, where that is more than our writers say."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from tests.dialects.reading import read


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
