"""Rows of Anthropic's messages."""

from __future__ import annotations

from tests.dialects.reading import read, told


def test_anthropic_blocks_results_beside_a_question_and_what_is_redacted() -> None:
    row = {
        "system": [{"type": "text", "text": "Be kind."}],
        "messages": [
            {"role": "user", "content": "里昂天气？"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "查一下", "signature": "x"},
                {"type": "redacted_thinking", "data": "y"},
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "里昂"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "rain"}]},
                {"type": "text", "text": "And tomorrow?", "cache_control": {"type": "ephemeral"}},
            ]},
            {"role": "assistant", "content": "Sun."},
        ],
    }  # fmt: skip
    conversation, reading = read("anthropic", row)
    assert told(conversation) == [
        ("system", "Be kind.", "", ()),
        ("user", "里昂天气？", "", ()),
        ("assistant", "Let me look.", "查一下", ('weather{"city": "里昂"}',)),
        ("tool", "rain", "", ()),
        ("user", "And tomorrow?", "", ()),
        ("assistant", "Sun.", "", ()),
    ]
    assert reading.ignored == {"block of type redacted_thinking": 1}
