"""The step `replies`: scores for all, drops by threshold alone."""

import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.replies import Replies, filter_replies
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests import chats

CHAT = Task(type="chat", languages=("en", "zh"))
REFUSAL = "I'm sorry, but I can't help with that request."
CALL = {**chats.reply(""), "tool_calls": [{"id": "", "name": "f", "arguments": "{}"}]}  # type: ignore[dict-item]


def run(*answers, settings=None, role="train"):
    source = Source("some", "files", "some.jsonl", 1, "MIT", role)
    records = [
        Record(f"r{n}", chats.fields([("user", "How did Niagara Falls form?")]), source, answer)
        for n, answer in enumerate(a if isinstance(a, dict) or a is None else chats.reply(a) for a in answers)
    ]
    return filter_replies(to_table(records, schema(CHAT)), settings or Replies(), Context(CHAT))


def test_by_default_only_what_nobody_would_keep_goes():
    outcome = run("N/A", "...", "It fell down there. " * 30, "how did niagara falls form?", REFUSAL, "Ice did it.")
    reasons = outcome.dropped["reason"].to_pylist()
    assert reasons == ["reply_placeholder", "reply_empty", "reply_loop", "reply_echo"]
    assert [r.scores["reply_refusal"] for r in to_records(outcome.kept)] == [1, 0]
    assert outcome.notes["found"]["refusal"] == 1


def test_a_threshold_drops_with_the_score_as_detail():
    outcome = run(REFUSAL, "Ice did it.", settings=Replies(refusal=1.0))
    assert outcome.dropped["reason"].to_pylist() == ["reply_refusal"]
    assert outcome.dropped["detail"].to_pylist() == ["1.00"]


@pytest.mark.parametrize("role", ["test", "benchmark"])
def test_held_out_sources_are_scored_and_stay(role):
    outcome = run("N/A", role=role)
    (kept,) = to_records(outcome.kept)
    assert kept.scores["reply_placeholder"] == 1


def test_calls_and_missing_replies_are_left_alone():
    outcome = run(CALL, None)
    assert outcome.kept.num_rows == 2
    assert not any(name.startswith("reply_") for record in to_records(outcome.kept) for name in record.scores)


def test_other_tasks_and_empty_tables():
    task = Task(type="classification", labels=("a", "b"), languages=("en",))
    record = Record("r", {"text": "N/A"}, Source("s", "files", "s", 1, "", "train"), "a")
    assert filter_replies(to_table([record], schema(task)), Replies(), Context(task)).kept.num_rows == 1
    assert run().kept.num_rows == 0


def test_translations_are_looked_at_too():
    task = Task(type="translation", languages=("en",), target_language="zh")
    record = Record("r", {"text": "Good morning."}, Source("s", "files", "s", 1, "", "train"), "暂无")
    outcome = filter_replies(to_table([record], schema(task)), Replies(), Context(task))
    assert outcome.dropped["reason"].to_pylist() == ["reply_placeholder"]
