"""The stage as DVC runs it: files in, files out, counts that sum, equal bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.annotation.annotations import SetAside
from pipeline.core.settings import Task, load_task
from pipeline.label.run import remedies, run
from pipeline.runtime.store import read_json, read_table, to_records
from tests.chats import reply
from tests.conftest import written
from tests.label.conftest import CHAT, REVIEW, answer, chat, record
from tests.label.reviews import BAD, GOOD, RECORDS

REVIEWED = [
    {"record_id": "t001", "reason": "label_error", "given": '"negative"', "suggested": '"positive"', "confidence": 0.6},
    {"record_id": "gone", "reason": "conflicting_label", "given": '"好"'},
]


ANSWERS = [
    answer("t000", "negative", created_at="2026-01-02T00:00:00Z"),
    answer("test", "negative"),
    answer("split", "positive"),
    answer("split", "negative", annotator="小王"),
    answer("nobody", "positive"),
]


def full(project):
    project.write(RECORDS, review=REVIEWED)
    project.annotate(*ANSWERS)
    run(project.clean, project.annotations, project.out)
    return {r.id: r for r in to_records(read_table(project.out / "records.parquet"))}


def test_every_record_is_decided_or_dropped_with_reason(project):
    kept = full(project)
    dropped = {row["id"]: row for row in read_table(project.out / "dropped.parquet").to_pylist()}
    assert sorted([*kept, *dropped]) == sorted(r.id for r in RECORDS)
    assert {name: row["reason"] for name, row in dropped.items()} == {
        "hard": "awaiting_label",
        "split": "annotators_disagree",
    }
    assert all(r.target is not None for r in kept.values() if r.split != "benchmark")
    report = read_json(project.out / "report.json")
    assert report["in"] + report["added"] == report["kept"] + report["dropped"] == len(RECORDS)


def test_each_kind_decides_its_records(project):
    kept = full(project)
    who = {name: (kept[name].target, kept[name].labels_by.who, kept[name].split) for name in kept if name != "bench"}
    assert who["t000"] == ("negative", "human:ann", "train")
    assert who["easy"] == ("positive", "model:linear", "train")
    assert who["crowd"] == ("好", "crowd:dawid_skene", "train")
    assert who["test"] == ("positive", "source:made", "test")
    assert who["t002"] == ("positive", "source:made", "train")
    assert kept["bench"].labels_by is None


def test_report_and_metrics_say_what_happened(project):
    full(project)
    notes = read_json(project.out / "report.json")["notes"]
    assert notes["annotations"]["set_aside"] == {"unknown_record": 1}
    assert notes["merge"]["decided_by"] == {"crowd": 1, "human": 1, "model": 1, "source": 120}
    assert notes["merge"]["held_back_on_test"] == 1
    assert notes["prelabel"]["applies"]
    assert notes["suspected_but_dropped"] == 1
    assert notes["agreement"]["human"]["votes"] == 4
    metrics = read_json(project.out / "metrics.json")
    assert metrics["by_human"] == metrics["by_model"] == metrics["relabelled"] == 1
    assert metrics["queued"] == notes["queue"]["rows"] == 3
    assert 0 <= metrics["prelabel_ece_after"] <= 1


def test_queue_holds_what_people_should_look_at(project):
    full(project)
    rows = {row["record_id"]: row for row in read_table(project.out / "queue.parquet").to_pylist()}
    assert {name: row["reason"] for name, row in rows.items()} == {
        "split": "disagreement",
        "hard": "unlabelled",
        "t001": "label_error",
    }
    assert json.loads(rows["t001"]["prelabel"]) == "positive"


def test_equal_input_gives_equal_bytes(project):
    full(project)
    first = written(project.out)
    run(project.clean, project.annotations, project.out)
    assert written(project.out) == first
    project.annotate(*ANSWERS[::-1])  # the order of answers is no information; only the report names lines
    run(project.clean, project.annotations, project.out)
    again = written(project.out)
    assert {name for name in first if again[name] != first[name]} == {"report.json"}


def test_an_answer_brings_a_waiting_record_back(project):
    full(project)
    project.annotate(answer("hard", "好"), name="second.jsonl")
    run(project.clean, project.annotations, project.out)
    kept = {r.id: r for r in to_records(read_table(project.out / "records.parquet"))}
    assert (kept["hard"].target, kept["hard"].split) == ("好", "train")
    assert "hard" not in read_table(project.out / "queue.parquet")["record_id"].to_pylist()


def test_chat_waits_for_people_and_says_so(project):
    records = [chat("c1", "我很好。"), chat("c2", split="unlabelled"), chat("c3", split="unlabelled")]
    project.write(records, CHAT)
    project.annotate(answer("c2", "不错，谢谢！"))
    run(project.clean, project.annotations, project.out)
    kept = {r.id: r for r in to_records(read_table(project.out / "records.parquet"))}
    assert {name: r.target for name, r in kept.items()} == {"c1": reply("我很好。"), "c2": reply("不错，谢谢！")}
    report = read_json(project.out / "report.json")
    assert report["steps"][0]["reasons"] == {"awaiting_label": 1}
    assert "no classes to predict" in report["notes"]["prelabel"]["why"]
    assert read_table(project.out / "queue.parquet")["record_id"].to_pylist() == ["c3"]


@pytest.mark.parametrize("kind", ["translation", "summarization"])
def test_text_targets_wait_for_people_too(kind, project):
    task = Task(type=kind, languages=("en", "zh"), target_language="zh" if kind == "translation" else None)
    records = [record("t1", "一个目标"), record("t2", split="unlabelled"), record("t3", split="unlabelled")]
    project.write(records, task)
    project.annotate(answer("t2", "人写的目标"))
    run(project.clean, project.annotations, project.out)
    kept = {r.id: r.target for r in to_records(read_table(project.out / "records.parquet"))}
    assert kept == {"t1": "一个目标", "t2": "人写的目标"}
    (waiting,) = read_table(project.out / "queue.parquet").to_pylist()
    assert (waiting["record_id"], waiting["reason"], waiting["prelabel"]) == ("t3", "unlabelled", None)


def test_multi_label_targets_survive(project):
    task = load_task_like(labels=["好", "negative", "positive"], multi_label=True)
    words = (GOOD, BAD)
    records = [
        record(f"t{n:03}", (["positive", "好"], ["negative"], [])[n % 3], f"{words[n % 2][n // 2 % 3]} {n}")
        for n in range(60)
    ]
    project.write([*records, record("new", None, "?", split="unlabelled")], task)
    project.annotate(answer("new", ["positive", "好"]), answer("t000", []))
    run(project.clean, project.annotations, project.out)
    kept = {r.id: r for r in to_records(read_table(project.out / "records.parquet"))}
    assert kept["new"].target == ["好", "positive"]
    assert kept["t000"].target == []


def load_task_like(**more):
    Path("task.yaml").write_text(json.dumps({"task": {"type": "classification", **more}}), "utf-8")
    return load_task(Path("task.yaml"))


def test_nothing_labelled_ends_with_a_queue_and_what_to_do(project, caplog):
    caplog.set_level("INFO")
    project.write([record("a"), record("b")])
    run(project.clean, project.annotations, project.out)
    assert read_table(project.out / "records.parquet").num_rows == 0
    assert read_table(project.out / "queue.parquet").num_rows == 2
    assert "label these first: 2 records wait in queue.parquet (sft label up, push)" in caplog.text


def test_command_line_prints_the_error_and_leaves_nothing_half_written(project):
    project.write(RECORDS)
    project.annotate("{broken")
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pipeline.label", "data/clean", "data/annotations", "data/label"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: batch.jsonl:1: ")
    assert "Traceback" not in done.stderr
    assert not project.out.exists()


def test_without_torch_where_no_weights_are_needed(project):
    project.write(RECORDS, review=[{name: None for name in REVIEW.names} | {"record_id": "t001", "reason": "x"}])
    code = (
        "import sys; from pathlib import Path; from pipeline.label.run import run;"
        "run(*map(Path, ('data/clean', 'data/annotations', 'data/label')));"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0


def test_span_lists_are_decided_piece_by_piece_and_no_sentence_is_lost(project):
    task = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh"))
    person, place = {"start": 0, "end": 3, "label": "PER"}, {"start": 7, "end": 12, "label": "LOC"}
    names = ("same", "differ", "crowd", "crowd differs")
    votes = {"crowd": [("x", [person]), ("y", [person])], "crowd differs": [("x", [person]), ("y", [place])]}
    records = [record(n, None, "Ada in Paris", split="unlabelled", votes=votes.get(n, ())) for n in names]
    project.write(records, task, {"first_splits": {"min_records": 0}})
    pairs = {"same": ([person, place], [person, place]), "differ": ([person], [person, place])}
    given = [answer(n, value, who) for n, values in pairs.items() for who, value in zip("ab", values, strict=True)]
    project.annotate(*given)
    run(project.clean, project.annotations, project.out)
    kept = {r.id: r.target for r in to_records(read_table(project.out / "records.parquet"))}
    assert kept["same"] == [person, place]
    assert kept["crowd"] == [person]
    assert person in kept["differ"]
    assert set(kept) == set(names)
    queued = {row["record_id"]: row["reason"] for row in read_table(project.out / "queue.parquet").to_pylist()}
    assert queued["differ"] == "disagreement"
    assert "crowd differs" in queued
    assert "same" not in queued
    agreement = read_json(project.out / "report.json")["notes"]["agreement"]
    confusions = [person["confusion"] for person in agreement["human"]["annotator_list"]]
    assert {label for table in confusions for label in table} == {'"LOC"', '"PER"'}  # labels, not lists of spans


@pytest.mark.parametrize(
    ("reason", "studio", "remedy"),
    [
        ("half_word", "ab/1/2", "`sft label push` asks the annotators of 1 again"),
        ("unknown_label", None, "correct 1 in their file"),
        ("unknown_record", "ab/1/2", "1 name no record that comes out of `clean`"),
    ],
)
def test_each_answer_set_aside_has_the_remedy_that_helps(reason, studio, remedy):
    assert remedies([SetAside(reason, "", "a.jsonl:1", "r", "ann", studio)]) == remedy
