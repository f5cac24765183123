"""Rows of the Responses API."""

from __future__ import annotations

from tests.dialects.reading import read, told


def test_responses_with_instructions_summaries_and_output() -> None:
    row = {
        "instructions": "请简短。",
        "input": "What is the weather in Lyon?",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Look it up."}]},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city": "Lyon"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "rain"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "下雨。"}]},
        ],
        "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}}],
    }
    conversation, _ = read("responses", row)
    assert told(conversation) == [
        ("developer", "请简短。", "", ()),
        ("user", "What is the weather in Lyon?", "", ()),
        ("assistant", "", "Look it up.", ('weather{"city": "Lyon"}',)),
        ("tool", "rain", "", ()),
        ("assistant", "下雨。", "", ()),
    ]
    assert conversation.tools[0]["function"]["name"] == "weather"
