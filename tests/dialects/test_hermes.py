"""Hermes tags in texts."""

from __future__ import annotations

import pytest

from tests.dialects.reading import read, told

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
    conversation, reading = read("hermes", row)
    assert told(conversation)[2:] == [
        ("assistant", "Now.", "both", ('f{"n": 1}', 'f{"n": 2}')),
        ("tool", "一", "", ()),
        ("tool", "二", "", ()),
        ("assistant", "Done.", "", ()),
    ]
    assert [tool["function"]["name"] for tool in conversation.tools] == ["f"]
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
    conversation, reading = read(
        "hermes", {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": text}]}
    )
    assert told(conversation)[1] == ("assistant", text, "", ())
    assert reading.repaired == {"tags_left_as_text": 1}
