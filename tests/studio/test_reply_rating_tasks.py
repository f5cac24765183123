"""What is sent to be judged: replies to rate, candidates to compare."""

from __future__ import annotations

import json

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table
from pipeline.studio.reply_rating_tasks import shown, to_compare, to_rate
from tests import chats
from tests.strategies import record

CHAT = Task(type="chat", languages=("en", "zh"))


def conversation(id, text, reply="ok", split="train"):
    return record(chats.fields([("user", text)]), chats.reply(reply), id=id, split=split)


@pytest.fixture
def clean(tmp_path):
    rows = [conversation(f"r{n}", f"问题 {n}", f"reply {n}") for n in range(8)]
    rows += [
        conversation("held", "a test question", split="test"),
        conversation("open", "no reply yet", None, "unlabelled"),
    ]
    write_shards(to_table(rows, schema(CHAT)), tmp_path / "clean/records.parquet")
    return tmp_path / "clean"


def candidates(folder, *lines):
    file = folder / "candidates" / "mine.jsonl"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return [file.parent]


def test_replies_of_train_and_dev_are_rated_in_an_order_of_their_own(clean):
    questions = to_rate(clean, CHAT)
    names = [one.record.id for one in questions]
    assert sorted(names) == [f"r{n}" for n in range(8)]
    assert names != sorted(names)
    assert [one.record.id for one in to_rate(clean, CHAT)] == names
    first = questions[0]
    assert first.value == first.record.target
    assert first.beside["judged"] == [shown(first.record.target)]


def test_two_candidates_that_differ_are_compared_and_the_closest_pair_of_many(clean):
    folder = candidates(
        clean.parent,
        {"record_id": "r1", "reply": "甲", "score": 1.0},
        {"record_id": "r1", "reply": "乙", "score": 5.0},
        {"record_id": "r1", "reply": "丙", "score": 4.5},
        {"record_id": "open", "reply": "a"},
        {"record_id": "open", "reply": "b"},
        {"record_id": "r2", "reply": "same"},
        {"record_id": "r2", "reply": "same"},
        {"record_id": "r3", "reply": "alone"},
        {"record_id": "held", "reply": "a"},
        {"record_id": "held", "reply": "b"},
        {"record_id": "nobody", "reply": "a"},
    )
    found = {one.record.id: one.beside for one in to_compare(clean, folder, CHAT)}
    assert set(found) == {"r1", "open"}
    assert {one["content"] for one in found["r1"]["candidates"]} == {"乙", "丙"}
    assert found["r1"]["first"][0]["shown"] == found["r1"]["candidates"][0]["content"]


def test_which_one_stands_first_is_drawn_by_the_record_and_both_orders_occur(clean):
    lines = [{"record_id": f"r{n}", "reply": reply} for n in range(8) for reply in ("first", "second")]
    folder = candidates(clean.parent, *lines)
    firsts = {one.record.id: one.beside["candidates"][0]["content"] for one in to_compare(clean, folder, CHAT)}
    assert set(firsts.values()) == {"first", "second"}
    again = {one.record.id: one.beside["candidates"][0]["content"] for one in to_compare(clean, folder, CHAT)}
    assert again == firsts


def test_no_candidates_say_where_they_belong(clean):
    with pytest.raises(PipelineError, match="holds no candidates"):
        to_compare(clean, [clean.parent / "candidates"], CHAT)


def test_a_reply_is_shown_with_its_reasoning_and_calls():
    reply = {**(chats.reply("好") or {}), "reasoning": "想", "tool_calls": [{"id": "", "name": "f", "arguments": "{}"}]}
    assert shown(reply)["shown"] == "<think>\n想\n</think>\n\n好\nf({})"
