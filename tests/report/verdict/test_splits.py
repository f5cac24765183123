"""Checks on the splits: enough to learn from and to evaluate on, none in both."""

from __future__ import annotations

import pytest

from pipeline.core.settings import Task
from pipeline.report.verdict import splits
from tests.report.verdict.from_reports import TASK, expectation, found, inputs, split, stage

CHAT = Task(type="chat")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (inputs(), [("unmeasured", "train_unknown")]),
        (inputs(augment=split(train=19, dev=5)), [("fail", "train_small")]),
        (inputs(augment=split(dev=5)), [("fail", "train_small")]),
        (inputs(clean=split(train=500)), [("pass", "train_enough")]),
        (inputs(augment=split(train=9), clean=split(train=500)), [("fail", "train_small")]),  # the last stage counts
        (
            inputs(profile={"classes": {"train": {"好": 80, "bad": 0}}}, label=split(train=80)),
            [("fail", "train_one_class")],
        ),
        (
            inputs(profile={"classes": {"train": {"好": 80, "bad": 3}}}, label=split(train=83)),
            [("pass", "train_enough")],
        ),
    ],
)
def test_train_must_hold_enough_and_more_than_one_class(given, outcome):
    assert found(splits.train_size, given) == outcome


@pytest.mark.parametrize(("rows", "width"), [(0, 1.0), (1, 0.98), (96, 0.1), (10_000, 0.0098)])
def test_the_uncertainty_of_a_share_by_rows(rows, width):
    assert splits.half_width(rows) == pytest.approx(width, abs=5e-4)


@pytest.mark.parametrize(
    ("size", "outcome"),
    [
        (0, [("fail", "test_empty")]),
        (8, [("fail", "test_small")]),
        (40, [("warn", "test_small")]),
        (200, [("pass", "test_enough")]),
    ],
)
def test_few_test_records_say_little(size, outcome):
    assert found(splits.test_size, inputs(augment=split(train=99, test=size))) == outcome


def test_before_splits_are_drawn_nothing_is_said_of_test():
    assert found(splits.test_size, inputs()) == found(splits.dev_size, inputs()) == []


def classes(test, train):
    return inputs(profile={"classes": {"test": test, "train": train}}, augment=split(train=50, test=50))


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (classes({"bad": 30, "好": 30}, {"bad": 9, "好": 9}), [("pass", "test_has_all")]),
        (classes({"bad": 30}, {"bad": 9, "好": 9}), [("warn", "test_lacks")]),
        (classes({}, {"bad": 9, "好": 9}), [("fail", "test_lacks")]),
        (classes({"bad": 30, "好": 3}, {"bad": 9, "好": 9}), [("warn", "test_few_of_class")]),
        (classes({"bad": 30, "好": 30}, {"bad": 9}), [("warn", "train_lacks")]),
        (classes({}, {}), [("fail", "test_lacks"), ("fail", "train_lacks")]),
        (inputs(task=CHAT), [("inapplicable", "no_classes")]),
        (inputs(), []),
    ],
)
def test_classes_without_test_records_are_named(given, outcome):
    assert found(splits.test_classes, given) == outcome


@pytest.mark.parametrize(("size", "outcome"), [(0, ("warn", "dev_empty")), (3, ("pass", "dev_there"))])
def test_without_dev_there_is_nothing_to_choose_by(size, outcome):
    assert found(splits.dev_size, inputs(label=split(train=50, dev=size))) == [outcome]


def validated(*expectations):
    return inputs(validate={"expectations": list(expectations)})


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (inputs(), []),
        (validated(expectation()), [("unmeasured", "leakage_not_in_suite")]),
        (validated(expectation("no_leakage")), [("pass", "leakage_none")]),
        (validated(expectation("no_leakage", ok=False, severity="warn", unexpected=2)), [("fail", "leakage")]),
    ],
)
def test_test_texts_in_train_fail_whatever_the_severity(given, outcome):
    assert found(splits.leakage, given) == outcome


def decontaminated(**notes):
    return inputs(clean=stage() | {"steps": [{"step": "decontaminate", "notes": notes}]})


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (inputs(), []),
        (inputs(clean=stage()), [("unmeasured", "contamination_off")]),
        (decontaminated(applies=False), [("inapplicable", "contamination_no_benchmark")]),
        (decontaminated(recall={}), [("unmeasured", "contamination_unmeasured")]),
        (decontaminated(recall={"reworded": {"value": 0.2}, "verbatim": {"value": 1.0}}), [("warn", "contamination")]),
        (decontaminated(recall={"verbatim": {"value": 1.0}}), [("pass", "contamination")]),
    ],
)
def test_none_left_means_something_only_where_planted_copies_are_found(given, outcome):
    assert found(splits.contamination, given) == outcome


def evaluated(low, high, **more):
    figures = {
        "metric": "macro_f1",
        "test": {"value": 0.9},
        "dev": {"value": 0.8},
        "test_minus_dev": {"low": low, "high": high},
    }
    return inputs(augment=split(train=50, test=50), evaluate={"representativeness": {**figures, **more}})


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (evaluated(0.02, 0.2), [("warn", "test_easier")]),
        (evaluated(-0.02, 0.2), [("pass", "test_alike")]),
        (evaluated(-0.3, -0.1, lower_is_better=True), [("warn", "test_easier")]),  # a smaller error is easier
        (evaluated(0.1, 0.3, lower_is_better=True), [("pass", "test_alike")]),
        (inputs(augment=split(train=50, test=50)), [("unmeasured", "representative_unmeasured")]),
        (inputs(augment=split(train=50)), []),
    ],
)
def test_an_easier_test_split_is_told(given, outcome):
    assert found(splits.representative, given) == outcome


def test_a_finding_names_its_figures():
    (one,) = splits.test_size(inputs(TASK, augment=split(train=99, test=24)))
    assert (one.check, one.args, one.section) == ("test_size", {"n": 24, "points": "20"}, "balance")
