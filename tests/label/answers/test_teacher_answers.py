"""Answers for prompts without one: several teachers, best of n, accepted where verifiers or judges say so."""

from __future__ import annotations

import json
import logging
import re

import pytest

from pipeline.annotation.candidates import read_candidates
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Source
from pipeline.core.settings import Task, load
from pipeline.export.preference import judged
from pipeline.label.answers.settings import Answers
from pipeline.label.answers.teacher_answers import answer_by_teachers, write_candidates
from pipeline.label.params import Params
from pipeline.label.run import run
from pipeline.modeling.models import Models
from pipeline.runtime.store import read_json, read_table, to_records
from tests import chats
from tests.label.conftest import CHAT, answer, chat
from tests.llm.server import as_json, serving

SUMS = Task(type="chat", languages=("en", "zh"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def prompt(n, reply=None, lang="en"):
    """What is n + n? With the answer in meta."""
    text = f"What is {n} + {n}?" if lang == "en" else f"{n} + {n} 等于几？"
    return Record(
        id=f"p{n:03}",
        fields=chats.fields([("user", text)]),
        source=Source("made", "file", "made.jsonl", n, "CC0", "train"),
        target=chats.reply(reply),
        lang=lang,
        split="train" if reply else "unlabelled",
        meta={"answer": str(2 * n)},
    )


KNOWN = [prompt(n, f"It is {2 * n}.") for n in range(200, 260)]
OPEN = [prompt(n, lang="zh" if n % 2 else "en") for n in range(20)]


def asked_sum(body):
    return 2 * int(re.search(r"\d+", body["messages"][-1]["content"])[0])


def right(body, number):
    return f"Let me see. The answer is {asked_sum(body)}."


def wrong(body, number):
    return f"The answer is {asked_sum(body) + 1}."


def grader(body, number):
    """Grades a sum: 5 where it is right, 1 where it is not."""
    said = body["messages"][1]["content"].partition("\n\nAnswer with JSON")[0]
    a, result = int(re.search(r"(\d+) \+", said)[1]), int(re.findall(r"\d+", said)[-1])
    value = 5 if result == 2 * a else 1
    return as_json({"reason": "so", "correct": value, "helpful": value})


def place(service, **more):
    return {"url": service.url, "model": "tiny", "first_pause": 0.01, **more}


def taught(settings, records=OPEN, known=KNOWN, task=SUMS, precision=0.9):
    return answer_by_teachers(
        records, known, task, Answers.model_validate_json(json.dumps(settings)), Models(), precision
    )


def test_verifiers_pick_the_teacher_that_is_right_and_say_who_it_was() -> None:
    with serving(wrong) as bad, serving(right) as good:
        found = taught(
            {
                "teachers": {"bad": place(bad), "good": place(good, licence="Apache-2.0")},
                "verifiers": {"number": {}},
                "reference": "answer",
            }
        )
    assert found.accepted == {record.id for record in OPEN}
    assert {found.answer(record.id)[0] for record in OPEN} == {"good"}
    assert found.answer("p003")[1]["content"] == "Let me see. The answer is 6."
    assert found.report["problems"] == {"bad": {"fails_number": 20}, "good": {}}
    assert found.report["teachers"]["good"] == {"model": "tiny", "licence": "Apache-2.0"}
    assert found.report["usage"]["good"]["requests"] == 20
    assert len(found.candidates) == 40


def test_the_best_of_n_is_the_one_that_most_samples_give_where_no_judge_says_more() -> None:
    def often_right(body, number):
        return right(body, number) if body["seed"] % 3 else wrong(body, number)

    with serving(often_right) as service:
        found = taught({"teachers": {"t": place(service)}, "samples": 5, "accept": "all"})
    assert [found.answer(r.id)[1]["content"] for r in OPEN] == [
        f"Let me see. The answer is {2 * n}." for n in range(20)
    ]


def test_judges_choose_and_the_grade_that_counts_is_measured_on_gold_questions() -> None:
    def half_right(body, number):
        return right(body, number) if asked_sum(body) % 4 == 0 else wrong(body, number)

    with serving(half_right) as service, serving(grader) as judge:
        settings = {"teachers": {"t": place(service)}, "judge": {"judges": {"j": place(judge)}, "gold_rows": 60}}
        found = taught(settings)
        assert found.accepted == {f"p{n:03}" for n in range(0, 20, 2)}
        gold = found.report["judged"]["gold"]
        assert (gold["asked"], gold["read"], found.report["judged"]["min_grade"]) == (120, 120, 5)
        assert (gold["right_accepted"]["value"], gold["wrong_accepted"]["value"]) == (1, 0)
        assert gold["precision"]["low"] > 0.9
        few = taught(settings, known=KNOWN[:5])  # ten gold questions prove no precision of .9
        assert (few.accepted, few.report["judged"]["min_grade"]) == (frozenset(), None)
        assert set(few.best) == set(found.best)
        fixed = taught({**settings, "judge": {**settings["judge"], "min_grade": 1, "gold_rows": 0}})
        assert len(fixed.accepted) == 20


def test_a_judge_that_cannot_tell_accepts_nothing_and_the_log_says_why(caplog) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    with serving(right) as service, serving(lambda b, n: as_json({"reason": "", "correct": 4, "helpful": 4})) as judge:
        found = taught({"teachers": {"t": place(service)}, "judge": {"judges": {"j": place(judge)}}})
    assert found.accepted == frozenset()
    assert found.report["judged"]["gold"]["measured_min_grade"] is None
    assert "of 20 prompts 20 have a sound answer, 0 accepted" in caplog.text
    assert "no grade holds a precision of 0.9 on gold questions (120 graded)" in caplog.text


def test_a_judge_without_any_labelled_record_accepts_nothing_and_the_log_says_why(caplog) -> None:
    with serving(right) as service, serving(grader) as judge:
        found = taught({"teachers": {"t": place(service)}, "judge": {"judges": {"j": place(judge)}}}, known=[])
    assert (found.accepted, len(found.best)) == (frozenset(), 20)
    assert "on gold questions (0 graded)" in caplog.text


def test_reasoning_is_kept_apart_whichever_way_it_comes() -> None:
    def thinks(body, number):
        if asked_sum(body) % 4:
            return 200, service.completion(body, "It is that.", reasoning_content="I add."), {}
        return "<think>\nI add.\n</think>\n\nIt is that."

    with serving(thinks) as service:
        settings = {"teachers": {"t": place(service)}, "accept": "all"}
        found = taught(settings)
        assert {(r["content"], r["reasoning"]) for r in (found.answer(o.id)[1] for o in OPEN)} == {
            ("It is that.", "I add.")
        }
        without = taught({**settings, "keep_reasoning": False})
        assert {without.answer(o.id)[1]["reasoning"] for o in OPEN} == {""}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("", "empty"),
        ("TODO", "empty"),
        ("I'm sorry, but I can't help with that.", "refused"),
        ("对不起，我无法回答这个问题。", "refused"),
        ("so it goes on and on, " * 40, "endless"),
    ],
)
def test_what_is_no_answer_is_never_taken(said, problem) -> None:
    with serving(lambda body, number: said) as service:
        found = taught({"teachers": {"t": place(service)}, "accept": "all"})
    assert (found.best, found.accepted) == ({}, frozenset())
    assert found.report["problems"] == {"t": {problem: 20}}


def test_an_answer_that_was_cut_is_never_taken() -> None:
    def is_cut(body, number):
        return 200, service.completion(body, "It is", "length"), {}

    with serving(is_cut) as service:
        found = taught({"teachers": {"t": place(service)}, "accept": "all"})
    assert found.report["problems"] == {"t": {"cut": 20}}
    assert not found.best


def test_a_dry_run_asks_nothing_and_is_never_exceeded() -> None:
    prices = {"prices": {"input": 1.0, "output": 2.0}}
    with serving(right) as service, serving(grader) as judge:
        settings = {
            "teachers": {"t": place(service, **prices)},
            "samples": 2,
            "max_tokens": 40,
            "judge": {"judges": {"j": place(judge, **prices)}, "gold_rows": 4},
        }
        forecast = taught({**settings, "dry_run": True}).report["forecast"]
        assert service.asked == judge.asked == []
        found = taught(settings)
        usage = found.report["usage"]["t"], found.report["judged"]["judges"]["j"]["usage"]
        assert forecast["judge j, gold"]["requests"] == 8
        judging = [forecast["judge j"], forecast["judge j, gold"]]
        for costs, spent in zip(([forecast["t"]], judging), usage, strict=True):
            assert sum(cost["money"] for cost in costs) >= spent["money"] > 0
            assert sum(cost["requests"] for cost in costs) >= spent["requests"]
        assert taught({**settings, "dry_run": True}).report["forecast"]["t"]["requests"] == 0  # all is in the cache
        again = taught(settings).report["usage"]["t"]
        assert (again["requests"], again["money"], again["cached_money"]) == (0, 0, usage[0]["money"])


def test_prompts_hold_the_conversation_alone() -> None:
    with serving(right) as service:
        settings = {"teachers": {"t": place(service)}, "accept": "all", "system": "Be brief."}
        taught(settings, OPEN[:2])
        asked = [[(m["role"], m["content"]) for m in body["messages"]] for body in service.asked]
        assert not [body for body in service.asked if "tools" in body]
    assert sorted(asked) == sorted(
        [[("system", "Be brief."), ("user", m)] for m in ("What is 0 + 0?", "1 + 1 等于几？")]
    )


@pytest.mark.parametrize(
    ("settings", "task", "words"),
    [
        ({}, SUMS, "neither a verifier nor a judge"),
        ({"accept": "all"}, Task(type="classification", labels=("a", "b")), "no free texts"),
        ({"accept": "all"}, Task(type="classification"), "no free texts"),
        ({"verifiers": {"numbr": {}}}, SUMS, "Did you mean 'number'"),
        ({"verifiers": {"length": {"max": 3}}}, SUMS, r"verifiers\.length\.max is not a known setting"),
        ({"verifiers": {"number": {}}, "reference": "nothing"}, SUMS, "has no meta column 'nothing'"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, task, words) -> None:
    with serving(right) as service, pytest.raises(PipelineError, match=words):
        taught({"teachers": {"t": place(service)}, **settings}, task=task)


def test_teachers_whose_answers_could_not_count_are_refused(tmp_path) -> None:
    """A precedence without `model` would pay for answers and use none of them."""
    file = tmp_path / "params.yaml"
    label = {"precedence": ["human", "source"], "answers": {"teachers": {"t": None}, "accept": "all"}}
    file.write_text(json.dumps({"label": label}), "utf-8")
    with pytest.raises(PipelineError, match="precedence leaves out model"):
        load("label", Params, file)
    label["answers"]["accept"] = "none"
    file.write_text(json.dumps({"label": label}), "utf-8")
    assert load("label", Params, file).answers.accept == "none"


def test_nothing_to_ask_and_no_teacher() -> None:
    assert answer_by_teachers([], [], SUMS, Answers(), Models(), 0.9).report["applies"] is False
    with serving(right) as service:
        found = taught({"teachers": {"t": place(service)}, "accept": "all"}, [], [])
    assert (found.report["asked"], found.best) == (0, {})


def test_through_the_stage(project) -> None:
    """Accepted answers are labels with their teacher, others are drafts for people; all candidates are written."""
    records = [chat("c1", "我很好。"), *(chat(f"u{n}", split="unlabelled") for n in range(4))]

    def replies(body, number):
        return "好" if "u0" in body["messages"][-1]["content"] else "我很好，谢谢你的关心！"

    with serving(replies) as service:
        teachers = {"t": place(service, licence="CC BY 4.0")}
        label = {"answers": {"teachers": teachers, "verifiers": {"length": {"min_chars": 5}}}}
        project.write(records, CHAT, label)
        project.annotate(answer("u1", "人写的回复"))
        run(project.clean, project.annotations, project.out)
        assert len(service.asked) == 3  # a person has answered u1
        before = len(service.asked)
        run(project.clean, project.annotations, project.out)
        assert len(service.asked) == before
    kept = {r.id: r for r in to_records(read_table(project.out / "records.parquet"))}
    assert {id: (r.labels_by.who, r.split) for id, r in kept.items()} == {
        "c1": ("source:made", "train"),
        "u1": ("human:ann", "train"),
        "u2": ("model:t", "train"),
        "u3": ("model:t", "train"),
    }
    report = read_json(project.out / "report.json")
    assert report["in"] == report["kept"] + report["dropped"] == 5
    notes = report["notes"]["answers"]
    assert (notes["asked"], notes["answered"], notes["accepted"], notes["chosen"]) == (3, 2, 2, {"t": 2})
    lines = [json.loads(line) for line in (project.out / "candidates.jsonl").read_text("utf-8").splitlines()]
    assert {line["record_id"]: line["scores"] for line in lines} == {
        "u0": {"sound": 0.0},
        "u2": {"sound": 1.0},
        "u3": {"sound": 1.0},
    }
    assert set(lines[0]) == {"record_id", "reply", "by", "judged_by", "scores"}
    assert [one.value for one in read_candidates(project.out)["u2"]] == [1.0]
    assert read_table(project.out / "queue.parquet")["record_id"].to_pylist() == ["u0"]


def test_preference_pairs_are_made_of_the_candidates(tmp_path) -> None:
    with serving(wrong) as bad, serving(right) as good, serving(grader) as judge:
        text = {"teachers": {"bad": place(bad), "good": place(good)}, "judge": {"judges": {"j": place(judge)}}}
        settings = Answers.model_validate_json(json.dumps(text))
        found = answer_by_teachers(OPEN, KNOWN, SUMS, settings, Models(), 0.9)
    write_candidates(found, settings, tmp_path / "candidates.jsonl")
    pairs = {id: judged(some, 0.5) for id, some in read_candidates(tmp_path).items()}
    assert len(pairs) == 20
    for n, record in enumerate(OPEN):
        assert pairs[record.id].chosen.content == f"Let me see. The answer is {2 * n}."
        assert pairs[record.id].rejected.content == f"The answer is {2 * n + 1}."


def test_a_judge_that_favours_its_own_models_answers_is_told() -> None:
    def vain(body, number):
        value = 5 if "Let me see" in body["messages"][1]["content"].partition("\n\nAnswer with JSON")[0] else 3
        return as_json({"reason": "", "correct": value, "helpful": value})

    def fair(body, number):
        return as_json({"reason": "", "correct": 4, "helpful": 4})

    with serving(right) as own, serving(wrong) as other, serving(vain) as judge, serving(fair) as second:
        judges = {"vain": {**place(judge), "model": "same"}, "fair": {**place(second), "model": "third"}}
        teachers = {"mine": {**place(own), "model": "same"}, "other": {**place(other), "model": "else"}}
        found = taught({"teachers": teachers, "judge": {"judges": judges, "gold_rows": 0}})
    told = found.report["judged"]["self_preference"]
    assert set(told) == {"vain"}
    assert told["vain"]["low"] <= told["vain"]["value"] == 2 <= told["vain"]["high"]
