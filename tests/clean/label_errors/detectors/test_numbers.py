"""Label errors of numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors import numbers
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.settings import Task
from pipeline.modeling.models import Model
from tests.strategies import record

TASK = Task(type="regression", range=(1.0, 5.0), languages=("en", "zh"))
WORDS = {1.0: "awful, never again 太差", 3.0: "it was all right 还行", 5.0: "wonderful, thank you 非常好"}


def rows(count, pair=None):
    made = []
    for n in range(count):
        stars = (1.0, 3.0, 5.0)[n % 3]
        text = f"{WORDS[stars]} {('today', '今天', 'again', 'then')[n % 4]}"
        made.append(record({"text": text, "text_pair": pair and f"{pair} {n % 5}"}, stars, id=f"r{n}"))
    return made


def scored(records, task=TASK):
    prepared = numbers.prepare(records, len(records), task, Model(name="tfidf"), LabelErrors())
    places = np.arange(len(records))
    return numbers.score_out_of_fold(prepared, places, [r.target for r in records], places % 5, task)


@pytest.mark.parametrize("recipe", ["density", "odds", "residual"])
def test_a_wrong_number_is_the_most_doubtful_and_the_expected_one_suggested(recipe):
    records = rows(90)
    records[30] = records[30].derive("x", target=5.0)  # an awful one
    scores = scored(records).recipes[recipe]
    assert int(np.argmin(scores.log_odds)) == 30
    assert scores.suggested[30] < 3
    assert scores.details[30].endswith("expected")


def test_whole_numbers_are_suggested_where_all_are_whole():
    suggested = scored(rows(60)).recipes["density"].suggested
    assert all(value == round(value) for value in suggested)
    halves = [one.derive("x", target=one.target + 0.5 if one.target < 5 else 4.5) for one in rows(60)]
    assert any(value != round(value) for value in scored(halves).recipes["density"].suggested)


def test_features_know_a_second_text_where_there_is_one():
    alone, both = (
        numbers.prepare(rows(30, pair), 30, TASK, Model(name="tfidf"), LabelErrors()) for pair in (None, "another text")
    )
    assert both.shape[1] > alone.shape[1]
    assert both.mean(axis=0) == pytest.approx(np.zeros(both.shape[1]), abs=1e-5)


def test_planted_numbers_stay_in_the_range_and_are_far_enough_away():
    records = rows(300)
    planted = numbers.plant(records, TASK, 0.5, "0")["planted"]
    assert {one.kind for one in planted if one} == {"other", "shift", "turned"}
    assert 60 < sum(one is not None for one in planted) < 160  # equal numbers and turned middles plant nothing
    for one, row in zip(planted, records, strict=True):
        if one:
            assert 1.0 <= one.target <= 5.0
            assert not numbers.same(one.target, row.target, TASK)
    assert Counter(planted) == Counter(numbers.plant(records, TASK, 0.5, "0")["planted"])
    assert numbers.plant(records, TASK, 0.0, "0")["planted"] == [None] * 300


@pytest.mark.parametrize(
    ("a", "b", "task", "same"),
    [
        (3.0, 3.4, TASK, True),
        (3.0, 3.5, TASK, False),
        (3.0, 3.0, Task(type="regression"), True),
        (3.0, 3.01, Task(type="regression"), False),
    ],
)
def test_near_numbers_say_the_same(a, b, task, same):
    assert numbers.same(a, b, task) is same


def test_too_few_and_none():
    assert numbers.eligible([], TASK, 5).rows == []
    assert "9 groups" in numbers.eligible(rows(9), TASK, 5).why
    assert numbers.strata([1.0, 2.0]).tolist() == [0, 0]
