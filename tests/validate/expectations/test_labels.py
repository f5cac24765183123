"""Declared labels."""

from __future__ import annotations

import pytest

from tests.validate.conftest import SENTIMENT, assert_names, check, review

# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", "还行", "neutral")], {"expect": "in_declared_labels"}, {"bad": "'neutral' is not declared"}),
    (
        [review("bad", "这部电影非常好看。", "negative")],
        {"expect": "no_conflicting_labels"},
        {"zh1": "bad", "bad": 'the same text in zh1 is labelled "positive"'},
    ),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    assert_names(added, entry, named)


def test_multi_label_targets():
    task = SENTIMENT.model_copy(update={"multi_label": True})
    records = [review("a", "Good and bad", ["negative", "positive"]), review("b", "好", ["great"])]
    assert check(records, task, expect="in_declared_labels").first[0]["id"] == "b"
    finding = check(records, task, expect="class_share_between", min=0.5)
    assert finding.passed
    assert finding.observed == "negative 0.500, positive 0.500"
