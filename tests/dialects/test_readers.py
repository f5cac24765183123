"""Rows as services and data sets write them, where that is more than our writers say."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.conversation import Conversation
from pipeline.core.record import Reject
from pipeline.core.turns import Reading
from pipeline.dialects import DIALECTS


def read(name: str, row: dict[str, Any]) -> tuple[Conversation, Reading]:
    reading = Reading()
    return DIALECTS[name].read(row, reading), reading


def told(talk: Conversation) -> list[tuple[str, str, str, tuple[str, ...]]]:
    calls = [tuple(f"{call.name}{call.arguments}" for call in message.tool_calls) for message in talk.messages]
    return [(m.role, m.content, m.reasoning, said) for m, said in zip(talk.messages, calls, strict=True)]


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
    talk, _ = read("responses", row)
    assert told(talk) == [
        ("developer", "请简短。", "", ()),
        ("user", "What is the weather in Lyon?", "", ()),
        ("assistant", "", "Look it up.", ('weather{"city": "Lyon"}',)),
        ("tool", "rain", "", ()),
        ("assistant", "下雨。", "", ()),
    ]
    assert talk.tools[0]["function"]["name"] == "weather"


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
    talk, reading = read("anthropic", row)
    assert told(talk) == [
        ("system", "Be kind.", "", ()),
        ("user", "里昂天气？", "", ()),
        ("assistant", "Let me look.", "查一下", ('weather{"city": "里昂"}',)),
        ("tool", "rain", "", ()),
        ("user", "And tomorrow?", "", ()),
        ("assistant", "Sun.", "", ()),
    ]
    assert reading.ignored == {"block of type redacted_thinking": 1}


CALLED = """<think>
both
</think>

Now.
<tool_call>
{"name": "f", "arguments": {"n": 1}}
</tool_call>
<tool_call>
{"name": "f", "arguments": {"n": 2}}
</tool_call>"""


def test_hermes_tags_in_sharegpt_with_tools_in_the_system_text() -> None:
    row = {
        "conversations": [
            {"from": "system", "value": 'Tools: <tools>[{"name": "f", "parameters": {}}]</tools>'},
            {"from": "human", "value": "两次"},
            {"from": "gpt", "value": CALLED},
            {"from": "tool", "value": "<tool_response>\n一\n</tool_response>\n<tool_response>\n二\n</tool_response>"},
            {"from": "gpt", "value": "Done."},
        ]
    }  # fmt: skip
    talk, reading = read("hermes", row)
    assert told(talk)[2:] == [
        ("assistant", "Now.", "both", ('f{"n": 1}', 'f{"n": 2}')),
        ("tool", "一", "", ()),
        ("tool", "二", "", ()),
        ("assistant", "Done.", "", ()),
    ]
    assert [tool["function"]["name"] for tool in talk.tools] == ["f"]
    assert not reading.repaired


@pytest.mark.parametrize(
    "text",
    [
        "<think>\n没有结束",
        '<tool_call>\n{"name": "f", "arguments": {\n</tool_call>',
        '<tool_call>{"name": "f"}',
        "in <think>the middle</think> of a text",
        '<tool_call>{"name": "f"}</tool_call> and then a text',
    ],
)
def test_tags_that_are_not_well_formed_stay_text_and_are_counted(text: str) -> None:
    talk, reading = read(
        "hermes", {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]}
    )
    assert told(talk)[1] == ("assistant", text, "", ())
    assert reading.repaired == {"tags_left_as_text": 1}


def test_harmony_as_rendered_text() -> None:
    text = (
        "<|start|>developer<|message|>请简短。<|end|><|start|>user<|message|>Weather?<|end|>"
        "<|start|>assistant<|channel|>analysis<|message|>Look.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>"
        '{"city": "里昂"}<|call|>'
        "<|start|>functions.weather to=assistant<|channel|>commentary<|message|>rain<|end|>"
        "<|start|>assistant<|channel|>final<|message|>Rain.<|return|>"
    )
    talk, _ = read("harmony", {"text": text})
    assert told(talk) == [
        ("developer", "请简短。", "", ()),
        ("user", "Weather?", "", ()),
        ("assistant", "", "Look.", ('weather{"city": "里昂"}',)),
        ("tool", "rain", "", ()),
        ("assistant", "Rain.", "", ()),
    ]
    assert talk.messages[3].name == "weather"


def test_ms_swift_old_and_new_columns() -> None:
    talk, _ = read("ms_swift", {"query": "现在？", "response": "三点。", "history": [["Hi", "Hello"]], "system": "s"})
    assert [role for role, *_ in told(talk)] == ["system", "user", "assistant", "user", "assistant"]
    turns = [
        {"role": "user", "content": "q"},
        {"role": "tool_call", "content": '{"name": "f", "arguments": {}}'},
        {"role": "tool_call", "content": '{"name": "g", "arguments": {}}'},
        {"role": "tool_response", "content": "1"},
        {"role": "tool_response", "content": "2"},
        {"role": "assistant", "content": "<think>\n想\n</think>\n\n好。", "loss": False},
    ]
    talk, _ = read("ms_swift", {"messages": turns})
    assert told(talk)[1] == ("assistant", "", "", ("f{}", "g{}"))
    assert (talk.messages[-1].reasoning, talk.messages[-1].content, talk.messages[-1].learn) == ("想", "好。", False)


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
