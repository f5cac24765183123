"""Label errors of records with several labels."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors import label_sets
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.settings import Task
from pipeline.modeling.models import Model
from tests.clean.records import make

TASK = Task(type="classification", labels=("快", "late", "rude"), multi_label=True, languages=("en", "zh"))
TEXTS = {"快": "the parcel came fast 很快", "late": "waited for weeks 太晚", "rude": "nobody was polite 态度差"}


def rows(count, seed=0):
    rng = np.random.default_rng(seed)
    made = []
    for n in range(count):
        labels = [label for label in TASK.labels if rng.random() < 0.4]
        text = " ".join(TEXTS[label] for label in labels) or "an order like any other"
        made.append(make(f"{text} no{n}", labels, key=str(n)))
    return made


def scored(records, folds=5):
    prepared = label_sets.prepare(records, len(records), TASK, Model(name="tfidf"), LabelErrors())
    numbers = np.arange(len(records))
    return label_sets.score_out_of_fold(prepared, numbers, [r.target for r in records], numbers % folds, TASK)


def test_a_wrong_set_is_the_most_doubtful_and_the_right_one_suggested():
    records = rows(120)
    wrong = next(n for n, r in enumerate(records) if r.target == ["快"])
    records[wrong] = records[wrong].derive("x", target=["late"])
    scores = scored(records).recipes["alone sum"]
    assert int(np.argmin(scores.log_odds)) == wrong
    assert scores.suggested[wrong] == ["快"]
    assert scores.details[wrong] == "with 快, without late"
    assert scores.differs[wrong]


@pytest.mark.parametrize("target", [[], ["快"], ["快", "late", "rude"]])
def test_sets_that_are_all_alike_are_not_judged(target):
    records = [r.derive("x", target=target) for r in rows(80)]
    found = label_sets.eligible(records, TASK, 5)
    assert (found.rows, "no label belongs to 5 records" in found.why) == ([], True)
    assert label_sets.eligible(rows(80), TASK, 5).why == ""
    assert "fewer than" in label_sets.eligible([], TASK, 5).why


def test_a_label_that_is_too_rare_is_not_scored():
    records = [r.derive("x", target=[t for t in r.target if t != "rude"]) for r in rows(60)]
    scores = scored(records).recipes["alone part"]
    assert not any("rude" in detail for detail in scores.details)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_planted_sets_differ_by_kind(rate):
    records = rows(200)
    planted = label_sets.plant(records, TASK, rate, "0")["planted"]
    kinds = Counter(one.kind for one in planted if one)
    assert set(kinds) == ({"missing", "added", "other"} if rate else set())
    for record, one in zip(records, planted, strict=True):
        if one:
            assert not label_sets.same(one.target, record.target, TASK)
            change = len(one.target) - len(record.target)
            assert change == {"missing": -1, "added": 1, "other": 0}[one.kind]
            assert [label for label in TASK.labels if label in one.target] == one.target


def test_the_order_of_labels_in_a_set_does_not_count():
    assert label_sets.same(["late", "快"], ["快", "late"], TASK)
    assert label_sets.same([], [], TASK)
    assert not label_sets.same(["快"], [], TASK)


def test_rare_labels_get_the_larger_handicap():
    known = np.array([[True, True], [False, True], [False, True], [False, False]])
    given = np.array([[True, True], [False, False]])
    found = label_sets.rarity(known, given)
    assert found[0, 0] > found[0, 1]  # a rare label that is there is less doubtful
    assert found[1, 0] < found[1, 1]


def test_few_records_and_none_are_not_scored():
    assert label_sets.eligible([], TASK, 5).rows == []
    few = label_sets.eligible(rows(10), TASK, 5)
    assert (few.rows, "10 groups" in few.why) == ([], True)
    assert len(label_sets.eligible(rows(60), TASK, 5).rows) == 60
    assert label_sets.strata([["快"], []]).tolist() == [0, 0]
