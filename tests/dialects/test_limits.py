"""What a dialect has no place for is refused by name; ids come and go where their order implies them."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from pipeline.core.conversation import Conversation, Message, ToolCall
from pipeline.core.record import Reject
from pipeline.dialects.dialect import Places
from pipeline.dialects.limits import check, with_ids, without_ids

ALL = Places(**{one.name: True for one in fields(Places)})
ASK, SAY = Message("user", "问"), Message("assistant", "答")
PLAIN = Conversation((ASK, SAY))


def calls(*ids: str) -> Message:
    return Message("assistant", "", "", tuple(ToolCall("f", "{}", id) for id in ids))


def result(id: str = "", name: str = "") -> Message:
    return Message("tool", "雨", tool_call_id=id, name=name)


CASES = {
    "tools": replace(PLAIN, messages=(ASK, calls("a"), result("a"), SAY)),
    "ids": replace(PLAIN, messages=(ASK, calls("a", "b"), result("b"), result("a"), SAY)),
    "reasoning": replace(PLAIN, messages=(ASK, replace(SAY, reasoning="想"))),
    "names": replace(PLAIN, messages=(replace(ASK, name="安娜"), SAY)),
    "learn": replace(PLAIN, messages=(ASK, replace(SAY, learn=False))),
    "template_arguments": replace(PLAIN, template_arguments=(("x", 1),)),
    "developer": replace(PLAIN, messages=(Message("developer", "d"), ASK, SAY)),
    "late_system": replace(PLAIN, messages=(ASK, Message("system", "s"), SAY)),
    "runs": replace(PLAIN, messages=(ASK, SAY, SAY)),
    "any_turns": replace(PLAIN, messages=(ASK, ASK, SAY)),
    "any_order": replace(PLAIN, messages=(ASK, ASK, SAY)),
}


def test_every_place_has_a_case() -> None:
    assert set(CASES) == {one.name for one in fields(Places)}


@pytest.mark.parametrize("name", CASES)
def test_what_has_no_place_is_refused_by_name_and_kept_where_there_is_one(name: str) -> None:
    assert check(CASES[name], ALL) == CASES[name]
    with pytest.raises(Reject) as error:
        check(CASES[name], replace(ALL, **{name: False}))
    assert error.value.reason == f"no_place_for_{name}"


def test_a_plain_conversation_has_a_place_everywhere() -> None:
    nothing = Places(**{one.name: False for one in fields(Places)})
    assert check(PLAIN, nothing) == PLAIN


@pytest.mark.parametrize(
    ("called", "results", "is_refused"), [("ab", "ab", False), ("a", "a", False), ("ab", "a", False), ("a", "ab", True)]
)
def test_results_of_calls_made_at_once_are_one_turn(called: str, results: str, is_refused: bool) -> None:
    conversation = replace(PLAIN, messages=(ASK, calls(*called), *map(result, results), SAY))
    places = replace(ALL, any_turns=False)
    if not is_refused:
        assert check(conversation, places) == conversation
        return
    with pytest.raises(Reject) as error:
        check(conversation, places)
    assert error.value.reason == "no_place_for_any_turns"


def test_no_turn_and_arguments_that_are_no_object() -> None:
    with pytest.raises(Reject) as error:
        check(Conversation(()), ALL)
    assert error.value.reason == "no_turns"
    odd = replace(PLAIN, messages=(ASK, Message("assistant", tool_calls=(ToolCall("f", "city=Lyon", "a"),))))
    with pytest.raises(Reject, match="'f'") as error:
        check(odd, ALL)
    assert error.value.reason == "arguments_no_object"


def test_ids_that_their_order_implies_are_left_out_and_put_in_again() -> None:
    conversation = Conversation((ASK, calls("a", "b"), result("a"), result("b", "f"), SAY))
    bare = without_ids(conversation)
    assert not any(call.id for message in bare.messages for call in message.tool_calls)
    assert [message.tool_call_id for message in bare.messages] == [""] * 5
    again = with_ids(bare)
    assert [call.id for call in again.messages[1].tool_calls] == ["call_1", "call_2"]
    assert [message.tool_call_id for message in again.messages[2:4]] == ["call_1", "call_2"]


def test_ids_that_are_there_stay_and_are_not_given_twice() -> None:
    conversation = Conversation((ASK, calls("call_1", ""), result("call_1"), result(), SAY))
    found = with_ids(conversation)
    assert [call.id for call in found.messages[1].tool_calls] == ["call_1", "call_2"]
    assert found.messages[3].tool_call_id == "call_2"
    assert with_ids(PLAIN) == PLAIN
