"""Dev and test of projects that start without labels."""

from __future__ import annotations

import json
from collections import Counter

from pipeline.label.evidence import VoteOutcome
from pipeline.label.first_splits import FirstSplits, first_splits
from pipeline.label.params import Params
from pipeline.label.run import run
from pipeline.runtime.store import read_table, to_records
from tests.label.conftest import answer, record

TWO, ONE = VoteOutcome("好", None, ("a", "b")), VoteOutcome("好", None, ("a",))


def unlabelled(count, **more):
    return {f"r{n:03}": record(f"r{n:03}", None, f"文本 text {n}", split="unlabelled", **more) for n in range(count)}


def test_votes_alone_make_train_dev_and_test(project):
    """120 voted records, and no label besides."""
    votes = [("x", "positive"), ("y", "positive"), ("z", "positive")]
    project.write([record(f"r{n:03}", None, f"文本 text {n}", split="unlabelled", votes=votes) for n in range(120)])
    run(project.clean, project.annotations, project.out)
    kept = list(to_records(read_table(project.out / "records.parquet")))
    splits = Counter(one.split for one in kept)
    assert len(kept) == 120
    assert 10 <= splits["test"] <= 40
    assert 4 <= splits["dev"] <= 25
    assert splits["train"] > 60


def test_only_what_two_people_vouch_for_is_tested_and_more_answers_move_nothing_else():
    records = unlabelled(100)
    alone = first_splits(records, dict.fromkeys(records, ONE), {}, Params())
    assert set(alone.drawn.values()) == {"dev"}
    assert "test is empty" in alone.waits
    both = first_splits(records, dict.fromkeys(records, TWO), {}, Params())
    assert {name for name, split in both.drawn.items() if split == "dev"} == set(alone.drawn)
    assert {name for name, split in both.drawn.items() if split == "test"} == alone.unvouched
    assert (both.waits, both.unvouched) == ("", frozenset())
    more = unlabelled(140)
    later = first_splits(more, dict.fromkeys(more, TWO), {}, Params())
    assert both.drawn.items() <= later.drawn.items()
    one_is_enough = Params.model_validate({"first_splits": {"test_annotators": 1}})
    assert first_splits(records, dict.fromkeys(records, ONE), {}, one_is_enough).drawn == both.drawn


def test_groups_stay_whole():
    records = unlabelled(100)
    grouped = {name: record(name, None, "x", split="unlabelled", group=f"g{n // 4}") for n, name in enumerate(records)}
    found = first_splits(grouped, dict.fromkeys(grouped, TWO), {}, Params()).drawn
    assert found
    for name, split in found.items():
        assert all(found[other] == split for other in grouped if grouped[other].group == grouped[name].group)


def test_labels_wait_while_there_are_few():
    records = unlabelled(49)
    found = first_splits(records, dict.fromkeys(records, TWO), {}, Params())
    assert (found.drawn, found.labelled, found.wanted) == ({}, 49, 50)
    assert found.waits.startswith("49 of 50 records are labelled")
    assert first_splits({}, {}, {}, Params()).waits
    off = Params.model_validate({"first_splits": {"min_records": 0}})
    assert first_splits(records, dict.fromkeys(records, TWO), {}, off) == FirstSplits()


def test_nothing_is_drawn_where_records_came_with_labels():
    records = unlabelled(100) | {"known": record("known", "好", "x")}
    assert first_splits(records, dict.fromkeys(records, TWO), {}, Params()) == FirstSplits()


def notes(project):
    return json.loads((project.out / "report.json").read_text("utf-8"))


def test_a_project_without_a_label_ends_with_a_queue(project):
    project.write(unlabelled(60).values())
    run(project.clean, project.annotations, project.out)
    report = notes(project)
    assert (report["in"], report["kept"], report["dropped"]) == (60, 0, 60)
    assert report["notes"]["awaiting_labels"] == {"queued": 60, "labelled": 0, "wanted": 50, "unvouched": 0}
    assert read_table(project.out / "queue.parquet").num_rows == 60


def test_first_answers_wait_and_those_drawn_for_test_go_to_a_second_person(project):
    project.write(unlabelled(60).values())
    project.annotate(*(answer(f"r{n:03}", "好" if n % 2 else "positive", "安娜") for n in range(20)))
    run(project.clean, project.annotations, project.out)
    assert notes(project)["steps"][0]["reasons"] == {"awaiting_label": 40, "awaiting_splits": 20}

    project.annotate(*(answer(f"r{n:03}", "好" if n % 2 else "positive", "安娜") for n in range(60)))
    run(project.clean, project.annotations, project.out)
    assert notes(project)["kept"] == 0
    queue = read_table(project.out / "queue.parquet").to_pylist()
    assert 5 <= len(queue) <= 20
    assert {row["reason"] for row in queue} == {"second_answer"}

    seconds = [row["record_id"] for row in queue]
    lines = [answer(name, "好" if int(name[1:]) % 2 else "positive", "بن") for name in seconds]
    project.annotate(*lines, name="second.jsonl")
    run(project.clean, project.annotations, project.out)
    kept = list(to_records(read_table(project.out / "records.parquet")))
    assert sorted(one.id for one in kept if one.split == "test") == sorted(seconds)
    assert len(kept) == 60
    assert "awaiting_labels" not in notes(project)["notes"]
    assert read_table(project.out / "queue.parquet").num_rows == 0
