import re
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.splits import Part, Splits, assign_splits
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.runtime.store import to_records
from tests.clean.records import TASK, make, table

HALF = Splits(dev=Part(share=0.2), test=Part(share=0.4, trusted_only=True))


def split(records, how=HALF):
    return assign_splits(table(records), how, Context(TASK))


def by_id(outcome):
    return {record.id: record.split for record in to_records(outcome.kept)}


def test_shares_hold_and_classes_are_split_alike():
    records = [make(f"text {n} 文本", "good" if n % 4 else "bad") for n in range(4000)]
    counts = split(records, Splits()).notes["by_class"]
    for label, size in (("good", 3000), ("bad", 1000)):
        assert counts["test"][label] / size == pytest.approx(0.1, abs=0.03)
        assert counts["dev"][label] / size == pytest.approx(0.1, abs=0.03)


def test_only_trusted_records_are_tested_where_any_are():
    records = [make(f"text {n}", trusted=n % 2 == 0) for n in range(400)]
    trusted = {record.id: record.source.trusted for record in records}
    tested = [trusted[id] for id, part in by_id(split(records)).items() if part == "test"]
    assert len(tested) > 40
    assert all(tested)
    assert "test" in by_id(split([make(f"text {n}") for n in range(50)])).values()


def test_untrusted_members_of_a_tested_group_drop():
    records = [make(f"text {n}", key=f"{n}{t}", group=f"g{n}", trusted=t) for n in range(60) for t in (True, False)]
    outcome = split(records)
    assert set(outcome.dropped["reason"].to_pylist()) == {"similar_to_test"}
    assert set(outcome.dropped["other_id"].to_pylist()) <= {i for i, part in by_id(outcome).items() if part == "test"}


def test_sources_declared_test_or_benchmark_stay_and_push_out_what_resembles_them():
    records = [
        make("held out", key="1", role="test"),
        make("Held out!", key="2", trusted=True),
        make("基准题目", key="3", role="benchmark"),
        make("基准题目", key="4"),
        make("基准 变体", key="5", group="b"),
        make("基准另一个", key="6", role="benchmark", group="b"),
    ]
    outcome = split(records)
    assert by_id(outcome) == {records[0].id: "test", records[2].id: "benchmark", records[5].id: "benchmark"}
    assert sorted(outcome.dropped["reason"].to_pylist()) == ["similar_to_benchmark"] * 2 + ["similar_to_test"]


def test_unlabelled_records_are_unlabelled_and_never_beside_dev():
    outcome = split(
        [make(f"t {n}", None if k else "good", key=f"{n}{k}", group=f"g{n}") for n in range(80) for k in (0, 1)]
    )
    assert set(outcome.dropped["reason"].to_pylist()) == {"similar_to_dev", "similar_to_test"}
    assert {r.split for r in to_records(outcome.kept) if r.target is None} == {"unlabelled"}


def test_limit_binds_and_says_so():
    how = Splits(test=Part(share=0.5, max_records=7), dev=Part(share=0))
    outcome = split([make(f"text {n}") for n in range(100)], how)
    assert list(by_id(outcome).values()).count("test") == 7
    assert outcome.notes["test_limit"].startswith("max_records 7 left out")


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_group_too_big_for_the_limit_is_passed_over(seed):
    how = Splits(test=Part(share=0.98, max_records=5), dev=Part(share=0), seed=seed)
    big = [make(f"big {k} 大 {n}", key=f"{k}{n}", group=f"big {k}") for k in range(20) for n in range(9)]
    outcome = split([*big, *(make(f"text {n}") for n in range(20))], how)
    tested = [record for record in to_records(outcome.kept) if record.split == "test"]
    assert len(tested) == 5
    assert not any((record.group or "").startswith("big") for record in tested)
    left_out, of = map(int, re.findall(r"left out (\d+) of (\d+) groups", outcome.notes["test_limit"])[0])
    assert left_out == of - 5


def test_missing_classes_are_named():
    outcome = split([make("a only", "bad"), *(make(f"text {n}") for n in range(300))], Splits())
    assert outcome.notes["classes_missing"].get("test", ["bad"]) == ["bad"]


members = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12), st.booleans()), max_size=40, unique_by=lambda m: m[0]
)


@given(members, st.integers(1, 30))
@settings(max_examples=80, deadline=None)
def test_new_records_move_no_old_one_and_no_group_crosses_splits(drawn, more):
    old = [make(f"text {n}", key=str(n), group=f"g{g}" if g else None, trusted=t) for n, g, t in drawn]
    old.append(make("always trusted", trusted=True))
    new = [make(f"later {n}", key=f"new {n}", trusted=bool(n % 2)) for n in range(more)]
    before, after = by_id(split(old)), by_id(split([*new, *old]))
    assert before == {id: part for id, part in after.items() if id in {record.id for record in old}}
    groups = defaultdict(set)
    for record in to_records(split(old).kept):
        groups[record.group or record.id].add(record.split)
    assert all(len(parts) == 1 for parts in groups.values())


@pytest.mark.parametrize("size", [0, 1])
def test_tiny_tables(size):
    assert split([make("x")][:size]).kept.num_rows == size


def test_shares_must_leave_training_data():
    with pytest.raises(PipelineError, match="leave nothing to train on"):
        parse({"dev": {"share": 0.5}, "test": {"share": 0.5}}, Splits, "params.yaml: clean.splits")


@pytest.mark.parametrize(("role", "other"), [("test", "dev"), ("dev", "test")])
def test_no_split_is_drawn_beside_a_given_one(role, other):
    records = [*(make(f"text {n}") for n in range(200)), *(make(f"given {n}", role=role) for n in range(5))]
    outcome = split(records)
    parts = list(by_id(outcome).values())
    assert parts.count(role) == 5
    assert parts.count(other) > 10
    assert f"`role: {role}`" in outcome.notes[f"{role}_given"]
    both = Splits().model_copy(update={role: Part(share=0.2, beside_given=True)})
    assert list(by_id(split(records, both)).values()).count(role) > 20


def test_dev_sources_push_out_what_resembles_them():
    outcome = split([make("held out", key="1", role="dev"), make("Held out!", key="2")])
    assert outcome.dropped["reason"].to_pylist() == ["similar_to_dev"]


@pytest.mark.parametrize("seed", [str(n) for n in range(12)])
def test_a_class_of_a_few_dozen_rows_is_in_every_split(seed):
    rare = {label: [make(f"{label} {n}", label) for n in range(30)] for label in ("bad", "so-so")}
    common = [make(f"text {n}", "good") for n in range(600)]
    outcome = split(
        [*rare["bad"], *rare["so-so"], *common], Splits(dev=Part(share=0.05), test=Part(share=0.05), seed=seed)
    )
    for part in ("dev", "test", "train"):
        assert set(outcome.notes["by_class"][part]) == {"bad", "good", "so-so"}
    assert outcome.notes["classes_missing"] == {}


def test_a_class_too_small_for_every_split_is_told():
    records = [*(make(f"text {n}") for n in range(100)), make("the only one", "bad")]
    notes = split(records, Splits()).notes
    assert "bad" in notes["test_lacks"] + notes["dev_lacks"]


def test_classes_that_a_split_cannot_have_are_told_in_the_log(context, caplog):
    rows = [make(f"text {n} about {n * 7}", "good") for n in range(200)] + [make("the only one", "bad")]
    notes = assign_splits(table(rows), Splits(test=Part(share=0.2)), context).notes
    for split, names in notes["classes_missing"].items():
        assert (
            f"{split} has no record of 1 classes that train has, and too few groups to move: {names[0]}" in caplog.text
        )
    assert "dev" in notes["classes_missing"] or "test" in notes["classes_missing"]


def test_splits_that_are_empty_since_nothing_is_labelled_say_so(context, caplog):
    outcome = assign_splits(table([make(f"text {n}", None) for n in range(9)]), Splits(), context)
    assert outcome.notes["empty_why"] == "no record has a label"
    assert "no record has a label" in caplog.text


def test_an_empty_split_is_told(caplog):
    outcome = split([make(f"text {n}", key=str(n), group="one") for n in range(30)])
    assert set(outcome.notes["empty_splits"]) | set(by_id(outcome).values()) == {"train", "dev", "test"}
    assert "30 of 30 records" in outcome.notes["empty_why"]
    assert "no record is in" in caplog.text
