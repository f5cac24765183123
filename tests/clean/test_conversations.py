"""Service chats as people write them give something to learn from; invalid conversations go with their reasons."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.annotations import Annotations, check_annotations
from pipeline.clean.steps.conversations import Conversations, check_conversations, repair_turns
from pipeline.conversations.repair import TurnOrder
from pipeline.core.conversation import Message, Role, ToolCall
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, as_json
from pipeline.core.settings import Task, parse
from pipeline.runtime.columns import schema
from pipeline.runtime.stage import Outcome
from pipeline.runtime.store import to_records, to_table
from tests import chats
from tests.clean.records import make

CHAT = Task(type="chat", languages=("en", "zh"))

#: s, u, a: system, user, assistant. What an assistant says last is the reply.
SERVICE = {
    "greeting": "a:您好，有什么可以帮到您？|u:我要改地址。|a:请告诉我新的地址。",
    "user twice": "u:hello?|u:My parcel has not moved since Monday.|a:Please send me the tracking number.",
    "assistant twice": "u:能开发票吗？|a:能。|a:请发来抬头和税号。",
    "thanks": "u:How do I renew?|a:Press renew on the member page.|u:Great, thanks!",
    "system twice": "s:你是客服。|s:说话要客气。|u:券过期了怎么办？|a:很抱歉，过期后不能补发。",
    "late system": "u:My cup came broken.|s:The user is a member.|a:So sorry, we send a new one.",
    "empty system": "s:|u:支持刷卡吗？|a:支持。",
    "plain": "u:可以换颜色吗？|a:可以，请联系我们。",
    "all at once": "a:Hi!|s:Be brief.|s:|u:hey|u:Is it blue?|a:Yes.|a:Dark blue.|u:ok|u:bye",
    "question last": "u:几点开门？|a:九点。|u:周末呢？",
}


def chat(text: str, key: str, **more: Any) -> Record:
    roles: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant"}
    messages = [Message(roles[turn[0]], turn[2:]).as_dict() for turn in re.split(r"\|(?=[sua]:)", text)]
    reply = messages.pop() if messages[-1]["role"] == "assistant" else None
    return make("", reply, key, fields=chats.fields(messages), **more)


def service() -> list[Record]:
    return [chat(text, name) for name, text in SERVICE.items()]


def in_order(records: list[Record], **settings: Any) -> Outcome:
    return repair_turns(to_table(records, schema(CHAT)), TurnOrder(**settings), Context(CHAT))


def test_ten_service_chats_all_give_something_to_learn_from() -> None:
    outcome = in_order(service())
    checked = check_conversations(outcome.kept, Conversations(), Context(CHAT))
    sound = check_annotations(checked.kept, Annotations(), Context(CHAT))
    kept = list(to_records(sound.kept))
    assert len(kept) == len(SERVICE) == 10
    assert all(record.target and record.labels_by for record in kept)
    assert outcome.notes == {
        "repairs": {
            "greeting_dropped": 2,
            "turns_joined": 5,
            "trailing_user_cut": 3,
            "system_joined": 1,
            "system_moved": 1,
            "empty_system_dropped": 2,
        },
        "records": {"got_a_reply": 3},
    }


def test_each_repair_is_in_the_history() -> None:
    changed = [record for record in to_records(in_order(service()).kept) if record.history]
    assert len(changed) == 9
    assert {change.step for record in changed for change in record.history} == {"turn_order"}
    thanks = next(record for record in changed if record.target == chats.reply("Press renew on the member page."))
    edits = {change.field: (change.before, change.after) for change in thanks.history}
    assert edits["target"] == ("null", as_json(thanks.target))
    assert len(json.loads(edits["fields.messages"][0])) == 3
    assert thanks.labels_by is not None
    assert thanks.labels_by.who == "source:web"


@pytest.mark.parametrize("role", ["unlabelled", "benchmark"])
def test_turns_that_wait_for_a_reply_stay(role: str) -> None:
    (record,) = to_records(in_order([chat(SERVICE["question last"], "1", role=role)]).kept)
    assert record.target is None
    assert record.fields["messages"][-1]["content"] == "周末呢？"


def test_order_can_be_left_as_it_is_and_no_record_is_no_trouble() -> None:
    keep = {"greeting": "keep", "same_role": "keep", "trailing_user": "keep", "system": "keep"}
    outcome = in_order(service(), **keep)
    assert outcome.notes["repairs"] == {"empty_system_dropped": 2}
    assert in_order([]).kept.num_rows == 0


# ---------------------------------------------------------------------- checks


def check(records: list[Record], **settings: Any) -> tuple[Outcome, Context]:
    context = Context(CHAT)
    return check_conversations(to_table(records, schema(CHAT)), Conversations(**settings), context), context


def test_invalid_conversations_go_with_reason_and_evidence() -> None:
    outcome, _ = check([chat("u:q|a:<think>\n我在想", "1"), chat("u:q|a:r<|im_end|>", "2"), chat("u:好|a:r", "3")])
    assert outcome.dropped["reason"].to_pylist() == ["reasoning_left_open", "control_token_in_text"]
    assert "我在想" in outcome.dropped["detail"][0].as_py()
    assert [record.target for record in to_records(outcome.kept)] == [chats.reply("r")]
    assert outcome.notes["problems"] == {"reasoning_left_open": 1, "control_token_in_text": 1}


def test_test_records_stay_and_are_listed() -> None:
    invalid = "u:q|a:<think>\nx"
    outcome, context = check([chat(invalid, "1", role="test"), chat(invalid, "2")])
    assert outcome.kept.num_rows == 1
    assert [item.reason for item in context.review_items] == ["reasoning_left_open"]
    outcome, context = check([chat(invalid, "1")], invalid="review")
    assert (outcome.kept.num_rows, len(context.review_items)) == (1, 1)


def test_reasons_can_be_allowed_and_must_exist() -> None:
    assert check([chat("u:q|a:<think>\nx", "1")], allow=("reasoning_left_open",))[0].kept.num_rows == 1
    with pytest.raises(PipelineError, match="allow"):
        parse({"allow": ["reasoning_open"]}, Conversations, "params.yaml: clean.conversations")


@pytest.mark.parametrize("step", [repair_turns, check_conversations])
def test_other_tasks_are_refused(step: Any) -> None:
    task = Task(type="regression", range=(0, 1))
    with pytest.raises(PipelineError, match="is for conversations, not for regression"):
        step(to_table([], schema(task)), TurnOrder(), Context(task))


# ---------------------------------------------------------------------- calls


def calling(arguments: str, key: str) -> Record:
    """A record whose reply calls a tool that is defined."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    target = Message("assistant", tool_calls=(ToolCall("weather", arguments),)).as_dict()
    fields = {"messages": [Message("user", "里昂天气？").as_dict()], "tools": json.dumps([tool])}
    return make("", target, key, fields={**fields, "template_arguments": None})


def test_arguments_are_mended_in_the_history_or_the_record_goes() -> None:
    records = [calling("{'city': '里昂'}", "1"), calling('{"city": "里', "2"), calling('{"town": "里昂"}', "3")]
    outcome, _ = check([*records, calling('{"city": "里昂"}', "4")])
    repaired, sound = to_records(outcome.kept)
    assert repaired.target["tool_calls"][0]["arguments"] == '{"city": "里昂"}'
    assert [(change.step, change.field) for change in repaired.history] == [("conversations", "target")]
    assert sound.history == ()
    assert outcome.dropped["reason"].to_pylist() == ["arguments_no_json", "missing_argument"]
    assert "extra_argument" in outcome.dropped["detail"][1].as_py()
    assert outcome.notes["repaired"] == {"arguments": 1}
    kept, _ = check([records[0]], repair_arguments=False)
    assert kept.dropped["reason"].to_pylist() == ["arguments_no_json"]
