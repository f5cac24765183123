"""Texts of a held-out split that stand in train too, and trust in test."""

from __future__ import annotations

import pytest

from pipeline.core.record import Decision
from tests.validate.conftest import SOURCE, assert_names, check, review, sound_reviews

# What is added to the sound records, the entry, and the records that must be named with part of the reason.
FAILING = [
    ([review("bad", "WOULD watch  it again．")], {"expect": "no_leakage"}, {"bad": "the same text as en4 in test"}),
    ([review("bad", "一点也不好吃。", group="g")], {"expect": "no_leakage"}, {"bad": "the same text as zh4 in test"}),
    ([review("bad", "New", group="g-zh3")], {"expect": "no_leakage"}, {"bad": "the same group as zh3 in dev"}),
    ([review("bad", "New", parent_id="en4")], {"expect": "no_leakage"}, {"bad": "made from en4, which is in test"}),
    ([review("bad", "New", split="dev", parent_id="en1")], {"expect": "no_leakage"}, {"bad": "augmented"}),
    ([review("bad", "Fine", split="test", source=SOURCE)], {"expect": "test_trusted"}, {"bad": "is not trusted"}),
]


@pytest.mark.parametrize(("added", "entry", "named"), FAILING, ids=lambda value: str(value)[:40])
def test_a_bad_record_is_named_with_the_reason(added, entry, named):
    assert_names(added, entry, named)


def test_leakage_sees_the_benchmark_and_ignores_unlabelled_texts():
    leaked = review("bench", "Better than the book.", split="benchmark")
    unlabelled = review("pool", "A lovely film, from start to end.", None, "unlabelled")
    finding = check([*sound_reviews(), leaked, unlabelled], expect="no_leakage")
    assert [(item["id"], item["why"]) for item in finding.first] == [("en3", "the same text as bench in benchmark")]


def test_trust_takes_people_and_a_crowd_that_is_sure_enough():
    def finding(who, confidence, **entry):
        record = review("t", "Good", split="test", source=SOURCE, labels_by=Decision(who, confidence))
        return check([*sound_reviews(), record], expect="test_trusted", **entry)

    assert finding("human:ann", None).passed
    assert finding("crowd:votes", 0.95, min_confidence=0.9).passed
    assert not finding("crowd:votes", 0.85, min_confidence=0.9).passed
    assert not finding("crowd:votes", 0.95).passed
    assert not finding("model:encoder", 1.0, min_confidence=0.9).passed
