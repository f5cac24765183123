"""Dev and test of projects that start without labels."""

from __future__ import annotations

from collections import Counter

from pipeline.label.evidence import VoteOutcome
from pipeline.label.first_splits import first_splits
from pipeline.label.params import Params
from pipeline.label.run import run
from pipeline.runtime.store import read_table, to_records
from tests.label.conftest import record

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
    assert set(alone.values()) == {"dev"}
    both = first_splits(records, dict.fromkeys(records, TWO), {}, Params())
    assert {name for name, split in both.items() if split == "dev"} == set(alone)
    more = unlabelled(140)
    later = first_splits(more, dict.fromkeys(more, TWO), {}, Params())
    assert both.items() <= later.items()


def test_groups_stay_whole():
    records = unlabelled(100)
    grouped = {name: record(name, None, "x", split="unlabelled", group=f"g{n // 4}") for n, name in enumerate(records)}
    found = first_splits(grouped, dict.fromkeys(grouped, TWO), {}, Params())
    assert found
    for name, split in found.items():
        assert all(found[other] == split for other in grouped if grouped[other].group == grouped[name].group)


def test_nothing_is_drawn_of_few_labels_or_where_records_came_with_labels():
    records = unlabelled(49)
    assert first_splits(records, dict.fromkeys(records, TWO), {}, Params()) == {}
    assert first_splits({}, {}, {}, Params()) == {}
    records = unlabelled(100) | {"known": record("known", "好", "x")}
    assert first_splits(records, dict.fromkeys(records, TWO), {}, Params()) == {}
