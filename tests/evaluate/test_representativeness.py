"""The model's score on dev beside that on test."""

from __future__ import annotations

from functools import partial

from pipeline.evaluate.metrics import METRICS
from pipeline.evaluate.params import Params
from pipeline.evaluate.representativeness import independent_difference, representativeness

PARAMS = Params(resamples=200)


def found(test, dev, predictor, task):
    compute = partial(METRICS[task.type].function, task=task, params=PARAMS)
    evaluation = compute(test, predictor.predict([{"text": r.fields["text"]} for r in test]))
    return representativeness(dev, (evaluation, len(test)), predictor, compute, task, PARAMS)


def test_an_easy_test_split_is_told(tweets, keyword, task):
    right = [t for t, p in zip(tweets, keyword.predict([t.fields for t in tweets]), strict=True) if t.target == p.value]
    told = found(right, tweets, keyword, task)
    assert told["test"]["value"] == 1.0 > told["dev"]["value"]
    assert told["test_minus_dev"]["low"] > 0
    assert told["dev_rows"] == len(tweets)


def test_alike_splits_are_not_told_apart(tweets, keyword, task):
    gap = found(tweets, tweets, keyword, task)["test_minus_dev"]
    assert gap["low"] < 0 < gap["high"]


def test_few_dev_records_say_nothing(tweets, keyword, task):
    assert found(tweets, tweets[:9], keyword, task) == {}
    assert found(tweets, [], keyword, task) == {}


def test_the_interval_of_a_difference_is_wider_than_either():
    one, other = {"value": 0.8, "low": 0.76, "high": 0.84}, {"value": 0.7, "low": 0.67, "high": 0.73}
    assert independent_difference(one, other) == {"value": 0.1, "low": 0.05, "high": 0.15}
