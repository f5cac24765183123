"""Dialect -> record -> dialect keeps meaning; what a dialect has no place for is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.conversation import (
    Conversation,
    Message,
    ToolCall,
    canonical,
    fields_of,
    from_row,
    to_conversation,
    to_row,
)
from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.core.turns import Reading
from pipeline.dialects import DIALECTS, written
from pipeline.dialects.dialect import Places
from pipeline.dialects.limits import check
from pipeline.tasks import task_type

TEXTS = st.sampled_from(["Hello", "你好，世界", "a\n\nb", "x < y && </b>", '😀 {"a": 1}', "[1] no list", "<tools>"])
NAMES = st.sampled_from(["get_weather", "查天气", "lamp-1"])
ARGUMENTS = st.dictionaries(st.sampled_from(["city", "n", "城市"]), st.sampled_from(["Lyon", 2, None, True, [1, "二"]]))


@st.composite
def rounds(draw: st.DrawFn, number: int) -> list[Message]:
    """A user's turn, perhaps calls and their results, and a reply."""
    reasoning, learn = st.sampled_from(["", "hm\nlet me see", "想一想"]), st.sampled_from([None, None, True, False])
    turns = [Message("user", draw(TEXTS), name=draw(st.sampled_from(["", "", "Ann"])))]
    for step in range(draw(st.integers(0, 2))):
        calls = [
            ToolCall(draw(NAMES), canonical(draw(ARGUMENTS)), f"call_{number}_{step}_{n}")
            for n in range(draw(st.integers(1, 2)))
        ]
        text = draw(st.sampled_from(["", "Let me look."]))
        turns.append(Message("assistant", text, draw(reasoning), tuple(calls), learn=draw(learn)))
        order = draw(st.permutations(calls)) if draw(st.booleans()) else calls
        turns += [Message("tool", draw(TEXTS), tool_call_id=call.id) for call in order]
    return [*turns, Message("assistant", draw(TEXTS), draw(reasoning), learn=draw(learn))]


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Conversations with everything that a record can hold."""
    head = draw(st.sampled_from([[], [Message("system", "Be kind.")], [Message("developer", "请简短。")]]))
    turns = [turn for number in range(draw(st.integers(1, 3))) for turn in draw(rounds(number))]
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    names = sorted({call.name for turn in turns for call in turn.tool_calls})
    tools = [{"type": "function", "function": {"name": name, "parameters": schema}} for name in names]
    thinking = draw(st.sampled_from([(), (), (("enable_thinking", False),)]))
    return Conversation(tuple([*head, *turns]), tuple(tools), thinking)


@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("name", DIALECTS)
@given(conversation=conversations())
def test_what_is_written_is_read_again(name: str, conversation: Conversation) -> None:
    row, refused = row_or_reason(conversation, name)
    if row is None:
        assert refused in REFUSALS
        return
    reading, places = Reading(), DIALECTS[name].places
    back = DIALECTS[name].read(json.loads(json.dumps(row, ensure_ascii=False)), reading)
    assert check(back, places) == check(conversation, places)
    assert not reading.repaired


def row_or_reason(conversation: Conversation, name: str) -> tuple[Mapping[str, object] | None, str]:
    try:
        return written(conversation, name), ""
    except Reject as reject:
        return None, reject.reason


REFUSALS = {
    *(f"no_place_for_{place.name}" for place in fields(Places)),
    *("call_without_id", "last_turn_not_learned", "bad_tool_name", "call_without_result", "result_without_call"),
    "tags_in_text",
}


@settings(max_examples=100, deadline=None)
@given(conversation=conversations())
def test_record_and_dataset_keep_all(conversation: Conversation) -> None:
    inputs, target = task_type(CHAT).parse({"messages": conversation}, None, CHAT)
    assert to_conversation(inputs, target) == conversation
    assert from_row(json.loads(json.dumps(to_row(conversation)))) == conversation
    assert fields_of(conversation)["messages"][-1] == target


CHAT = Task(type="chat", languages=("en", "zh"))
CALL = ToolCall("f", '{"a": 1}', "c1")
ASKED = Message("user", "q")
ANSWER = Message("assistant", "a")
ROUND = (ASKED, Message("assistant", "", tool_calls=(CALL,)), Message("tool", "42", tool_call_id="c1"), ANSWER)
TWO = (ToolCall("f", "{}", "1"), ToolCall("g", "{}", "2"))
SWAPPED = (Message("tool", "x", tool_call_id="2"), Message("tool", "y", tool_call_id="1"), ANSWER)

#: What is said -> a conversation that says it, for each of a dialect's places.
SAID = {
    "tools": Conversation(ROUND),
    "ids": Conversation((ASKED, Message("assistant", "", tool_calls=TWO), *SWAPPED)),
    "reasoning": Conversation((ASKED, replace(ANSWER, reasoning="hm"))),
    "names": Conversation((replace(ASKED, name="Ann"), ANSWER)),
    "learn": Conversation((ASKED, replace(ANSWER, learn=True))),
    "template_arguments": Conversation((ASKED, ANSWER), (), (("enable_thinking", False),)),
    "developer": Conversation((Message("developer", "d"), ASKED, ANSWER)),
    "late_system": Conversation((ASKED, ANSWER, Message("system", "s"), ASKED, ANSWER)),
    "runs": Conversation((ASKED, ANSWER, ANSWER)),
    "any_order": Conversation((ASKED, ASKED, ANSWER)),
}


@pytest.mark.parametrize("place", SAID)
@pytest.mark.parametrize("name", DIALECTS)
def test_each_place_is_kept_or_refused_by_name(name: str, place: str) -> None:
    dialect = DIALECTS[name]
    row, refused = row_or_reason(SAID[place], name)
    if row is None:
        assert not getattr(dialect.places, refused.removeprefix("no_place_for_"))
        return
    assert getattr(dialect.places, place)
    assert check(dialect.read(row, Reading()), dialect.places) == check(SAID[place], dialect.places)


@pytest.mark.parametrize("name", ["openai", "anthropic", "responses"])
def test_calls_without_ids_get_some_where_a_dialect_joins_by_them(name: str) -> None:
    """As ShareGPT and Hermes have them: results answer in the order of the calls."""
    calls = (ToolCall("f", '{"a": 1}'), ToolCall("f", '{"a": 2}', "call_1"))
    one, other = (Message("assistant", "", tool_calls=made) for made in (calls, (ToolCall("f", "{}"),)))
    results = [Message("tool", text) for text in "xyz"]
    conversation = Conversation((ASKED, one, *results[:2], ASKED, other, results[2], ANSWER))
    back = DIALECTS[name].read(written(conversation, name), Reading()).messages
    made = [call.id for message in back for call in message.tool_calls]
    assert made == ["call_2", "call_1", "call_3"]
    assert [(m.tool_call_id, m.content) for m in back if m.role == "tool"] == list(zip(made, "xyz", strict=True))


@pytest.mark.parametrize("name", DIALECTS)
def test_arguments_that_are_no_object_and_empty_conversations_are_refused(name: str) -> None:
    broken = Conversation((ASKED, Message("assistant", "", tool_calls=(ToolCall("f", "{broken", "c1"),))))
    for conversation, reason in ((broken, "arguments_no_object"), (Conversation(()), "no_turns")):
        with pytest.raises(Reject) as caught:
            written(conversation, name)
        assert caught.value.reason in (reason, "no_place_for_tools")


def test_the_page_says_what_each_dialect_has_no_place_for() -> None:
    page = Path("docs/conversations.md").read_text("utf-8")
    for name, dialect in DIALECTS.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |") and line.count(" | ") == 2]
        missing = [f"`{place.name}`" for place in fields(Places) if not getattr(dialect.places, place.name)]
        assert line.split(" | ")[-1].removesuffix(" |") == (", ".join(missing) or "–")
