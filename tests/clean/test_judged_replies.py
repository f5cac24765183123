"""Grades of replies by a scripted judge: scores, drops, what cannot be read, and what is never asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.judged_replies import JudgeReplies, judge_replies
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task, parse
from pipeline.runtime.columns import schema
from pipeline.runtime.store import to_records, to_table
from tests import chats
from tests.llm.server import as_json, serving

CHAT = Task(type="chat", languages=("en", "zh"))
GRADES = {"good": 5, "fair": 3, "很好": 4, "bad": 1}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def row(name, reply, role="train", split="train"):
    conversation = chats.fields(
        [("system", "Be kind."), ("user", f"first {name}"), ("assistant", "yes"), ("user", "and?")]
    )
    source = Source("made", "files", "made.jsonl", 1, "CC0", role)
    return Record(name, conversation, source, chats.reply(reply), "zh" if reply == "很好" else "en", split)


ROWS = [row("a", "good"), row("b", "fair"), row("c", "很好"), row("d", "bad"), row("e", "odd"), row("f", None)]
ROWS += [row("t", "bad", "test", "test"), row("u", "bad", split="test"), row("v", "bad", split="dev")]


def answer(body, number):
    said = body["messages"][1]["content"]
    assert "Be kind." in said
    assert "first" in said
    reply = said.rpartition("## assistant\n")[2].split("\n")[0]
    if reply not in GRADES:
        return "Well."
    grade = GRADES[reply]
    return as_json({"reason": "because", "correct": grade, "helpful": grade})


def judged(rows, task=CHAT, **more):
    with serving(answer) as service:
        judges = {"j": {"url": service.url, "model": "m", "first_pause": 0.01}}
        settings = parse({"judges": judges, **more}, JudgeReplies, "clean.judge_replies")
        outcome = judge_replies(to_table(rows, schema(task)), settings, Context(task))
    return outcome, service


def test_scores_stand_on_the_records_and_nothing_goes_by_default():
    outcome, service = judged(ROWS)
    scores = {r.id: dict(r.scores) for r in to_records(outcome.kept)}
    assert scores["a"] == {"judge": 5, "judge_correct": 5, "judge_helpful": 5}
    assert scores["c"]["judge"] == 4
    assert (
        scores["e"] == scores["f"] == scores["t"] == scores["u"] == scores["v"] == {}
    )  # unreadable is missing; nothing to grade; held out
    assert outcome.dropped.num_rows == 0
    about = outcome.notes["judges"]["j"]
    assert (about["graded"], about["unreadable"], about["usage"]["requests"]) == (4, 1, 6)
    assert len(service.asked) == 6  # the unreadable one was asked once more


def test_what_is_graded_too_low_goes_with_its_reason_and_unreadable_ones_stay():
    outcome, _ = judged(ROWS, min_grade=3.5)
    assert outcome.dropped["reason"].to_pylist() == ["judged_poor", "judged_poor"]
    assert outcome.dropped["detail"].to_pylist() == ["3.00, below 3.5: because", "1.00, below 3.5: because"]
    assert [r.id for r in to_records(outcome.kept)] == ["a", "c", "e", "f", "t", "u", "v"]


def test_conversations_of_held_out_records_never_leave():
    outcome, service = judged(ROWS)
    assert {f"first {name}" in str(service.asked) for name in "tuv"} == {False}
    assert outcome.notes["sent"] == {"train": 6}
    assert outcome.notes["kept_here"] == {"dev": 1, "test": 2}
    with pytest.raises(PipelineError, match="judge_replies asks a service before splits are drawn") as error:
        judged([row("a", "good", split=None)])
    assert "after `splits`" in error.value.hint


def test_no_rows_other_tasks_and_no_judge():
    assert judged([])[0].kept.num_rows == 0
    task = Task(type="classification", labels=("a", "b"))
    labels = [replace(ROWS[0], fields={"text": "x"}, target="a")]
    assert judged(labels, task)[0].kept.num_rows == 1
    with pytest.raises(PipelineError, match="names nobody"):
        judge_replies(to_table(ROWS, schema(CHAT)), JudgeReplies(), Context(CHAT))


def test_a_dry_run_asks_nothing_and_is_not_exceeded():
    prices = {"prices": {"input": 1.0, "output": 1.0}}
    with serving(answer) as service:
        judges = {"judges": {"j": {"url": service.url, "model": "m", **prices}}}
        settings = [parse({**judges, "dry_run": dry}, JudgeReplies, "clean.judge_replies") for dry in (True, False)]
        table = to_table(ROWS[:4], schema(CHAT))
        told, spent = (judge_replies(table, one, Context(CHAT)) for one in settings)
        assert len(service.asked) == 4
    cost, usage = told.notes["forecast"]["j"], spent.notes["judges"]["j"]["usage"]
    assert told.kept.equals(table)
    assert cost["requests"] == usage["requests"] == 4
    assert cost["money"] >= usage["money"] > 0
