from dataclasses import replace

import pytest

from pipeline.value.variants import Example, Stages, build, label_moves, random_control, resized

from .conftest import make


def test_variants_hold_train_rows_only_and_the_same_source_records(sound, task):
    variants = build(sound, task, max_rows=100)
    assert list(variants.train) == ["raw", "cleaned", "decided_labels", "augmented"]
    roots = [{example.root for example in examples} for examples in variants.train.values()]
    assert roots[0] == roots[1] == roots[2] == roots[3]
    assert len(roots[0]) == 100
    held_out = {r.id for r in sound.clean if r.split != "train"}
    assert not roots[0] & held_out
    assert len(variants.test) == 120


def test_a_larger_sample_contains_the_smaller(sound, task):
    small, large = (set(build(sound, task, n).train["raw"]) for n in (50, 90))
    assert small < large


def test_copies_of_test_rows_are_kept_out_of_raw_and_reported(task):
    test, train = make(0, split="test"), [make(n, split="train") for n in (1, 2)]
    equal = make(9, text=test.fields["text"].upper() + " ")
    near = make(10, text="something else")
    copy_of_near = make(11, text="quite another thing")
    unrelated = make(12, text="a duplicate of a train row")
    kept = [test, *train]
    dropped_for = {near.id: test.id, copy_of_near.id: near.id, unrelated.id: train[0].id}
    variants = build(Stages([*kept, equal, near, copy_of_near, unrelated], kept, kept, kept, dropped_for), task, 100)
    assert {e.root for e in variants.train["raw"]} == {"r00001", "r00002", "r00012"}
    assert {e.root for e in variants.leaks} == {"r00009", "r00010", "r00011"}


def test_sources_for_tests_and_benchmarks_are_not_training_data(task):
    records = [make(n, split="train") for n in range(4)]
    bench = replace(records[3], source=replace(records[3].source, role="benchmark"))
    variants = build(
        Stages([*records[:3], bench], records[:3], records[:3], [*records[:3], make(5, split="test")]), task, 9
    )
    assert len(variants.train["raw"]) == 3


def test_cleaned_keeps_first_labels_and_decided_has_the_new_ones(noisy, task):
    variants = build(noisy, task, 1000)
    given = {e.root: e.label for e in variants.train["raw"]}
    assert all(e.label == given[e.root] for e in variants.train["cleaned"])
    assert any(e.label != given[e.root] for e in variants.train["decided_labels"])


def test_one_of_several_votes_is_the_raw_label(votes, task):
    variants = build(votes, task, 1000)
    right = [
        e.label == truth.label for e, truth in zip(variants.train["raw"], variants.train["decided_labels"], strict=True)
    ]
    assert 0.5 < sum(right) / len(right) < 0.85, "two of three votes are right"


def test_children_belong_to_the_record_they_come_from(sound, task):
    parent = next(r for r in sound.clean if r.split == "train")
    child = parent.child("synonyms", {"text": "又一场足球比赛"}, parent.target)
    grandchild = child.child("synonyms", {"text": "第三场足球比赛"}, parent.target)
    variants = build(replace(sound, augment=[*sound.augment, child, grandchild]), task, 1000)
    family = [e for e in variants.train["augmented"] if e.root == parent.id]
    assert len(family) == 3


@pytest.mark.parametrize("rows", [3, 5, 12])
def test_control_has_the_size_asked_for(rows):
    examples = [Example(f"r{n}", f"文本{n}", "a") for n in range(5)]
    control = resized(examples, rows, "cleaned")
    assert len(control) == rows
    assert set(control) <= set(examples)
    assert control == resized(examples, rows, "cleaned")


def test_the_control_makes_the_same_changes_at_random():
    before = [Example(f"r{n:03d}", f"text {n}", "abc"[n % 3]) for n in range(300)]
    after = [replace(e, label="b") if e.label == "a" and n % 2 else e for n, e in enumerate(before)][:240]
    control = random_control(before, after, "decided_labels")
    assert control == random_control(before, after, "decided_labels")
    assert len(control) == len(after)
    moves = label_moves(before, after)
    assert moves == {("a", "b"): 40}
    assert label_moves(before, control) == moves
    changed = {e.root for e, old in zip(after, before, strict=False) if e != old}
    assert changed != {e.root for e in control if e not in before}


def test_more_changes_than_a_class_has_left_change_all_of_it():
    before = [Example(f"r{n}", "x", "ab"[n % 2]) for n in range(10)]
    after = [replace(e, label="b") for e in before][:6]
    assert {e.label for e in random_control(before, after, "s")} == {"b"}
