"""Columns of ms-swift, old and new."""

from __future__ import annotations

from tests.dialects.reading import read, told


def test_ms_swift_old_and_new_columns() -> None:
    conversation, _ = read(
        "ms_swift", {"query": "现在？", "response": "三点。", "history": [["Hi", "Hello"]], "system": "s"}
    )
    assert [role for role, *_ in told(conversation)] == ["system", "user", "assistant", "user", "assistant"]
    turns = [
        {"role": "user", "content": "q"},
        {"role": "tool_call", "content": '{"name": "f", "arguments": {}}'},
        {"role": "tool_call", "content": '{"name": "g", "arguments": {}}'},
        {"role": "tool_response", "content": "1"},
        {"role": "tool_response", "content": "2"},
        {"role": "assistant", "content": "<think>\n想\n</think>\n\n好。", "loss": False},
    ]
    conversation, _ = read("ms_swift", {"messages": turns})
    assert told(conversation)[1] == ("assistant", "", "", ("f{}", "g{}"))
    assert (
        conversation.messages[-1].reasoning,
        conversation.messages[-1].content,
        conversation.messages[-1].learn,
    ) == ("想", "好。", False)
