"""What people are asked, and in which order."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipeline.label.evidence import VoteOutcome
from pipeline.label.merge import Evidence
from pipeline.label.params import Params, Queue
from pipeline.label.prelabels import Answer, Prelabels
from pipeline.label.review_queue import COLUMNS, by_record, queue, set_aside
from tests.label.conftest import record

SUSPECTED: Any = {"reason": "label_error", "suggested": '"好"', "confidence": 0.8}


def rows(records, review=None, changed=(), params=None, **evidence):
    return queue(records, Evidence(**evidence), review or {}, set(changed), params or Params()).to_pylist()


def row(one, **more):
    found = rows([one], **more)
    return found[0] if found else None


def answers(confidence, confidence_threshold=0.9):
    return Prelabels({"r": Answer("好", confidence)}, confidence_threshold)


@pytest.mark.parametrize(
    ("one", "more", "reason", "priority"),
    [
        (record("r"), {}, "unlabelled", 0.8),
        (record("r"), {"prelabels": answers(0.6)}, "unlabelled", 0.8 * 0.4),
        (record("r", "negative"), {"review": {"r": [SUSPECTED]}}, "label_error", 0.9 * 0.8),
        (record("r", "negative"), {"review": {"r": [SUSPECTED | {"confidence": None}]}}, "label_error", 0.45),
        (record("r", "好"), {"crowd": {"r": VoteOutcome("好", 0.7, ("x",))}}, "low_crowd_confidence", 0.9 * 0.3),
        (record("r", "好"), {"human": {"r": VoteOutcome(None, 0.0, ("x", "y"))}}, "disagreement", 1.0),
        (record("r", "好"), {"human": {"r": VoteOutcome("好", 0.7, ("x", "y"))}}, "disagreement", 0.3),
        (record("r", "好"), {"changed": ["r"]}, "text_changed", 0.7),
    ],
)
def test_reason_and_priority(one, more, reason, priority):
    found = row(one, **more)
    assert (found["reason"], found["priority"]) == (reason, pytest.approx(priority))


@pytest.mark.parametrize(
    ("one", "more"),
    [
        (record("r", "好"), {}),
        (record("r"), {"prelabels": answers(0.95)}),  # the model labels it
        (record("r", "好"), {"crowd": {"r": VoteOutcome("好", 0.9, ("x",))}}),
        (record("r", "好"), {"review": {"r": [SUSPECTED]}, "human": {"r": VoteOutcome("好", None, ("x",))}}),
        (record("r", split="benchmark"), {"review": {"r": [SUSPECTED]}}),
        (record("r", split="unlabelled", group="g"), {"group_split": {"g": "test"}}),
    ],
)
def test_settled_records_are_not_asked(one, more):
    assert row(one, **more) is None


def test_a_record_set_aside_is_asked_about_as_such_with_the_suggestion():
    review = {"r": [SUSPECTED | {"reason": "label_set_aside"}]}
    assert set_aside(review | {"s": [SUSPECTED]}) == {"r"}
    found = row(record("r", "negative"), review=review, set_aside=set_aside(review))
    assert (found["reason"], found["prelabel"], found["confidence"]) == ("label_set_aside", '"好"', 0.8)


def test_several_reasons_outrank_the_strongest_alone():
    low = VoteOutcome("negative", 0.7, ("x",))
    found = row(record("r", "negative"), review={"r": [SUSPECTED]}, crowd={"r": low})
    assert found["priority"] == pytest.approx(1 - (1 - 0.72) * (1 - 0.27))
    assert (found["reason"], found["prelabel"], found["confidence"]) == ("label_error", '"好"', 0.8)


def test_prelabel_is_shown_with_its_confidence():
    found = row(record("r"), prelabels=answers(0.6))
    assert (found["prelabel"], found["confidence"]) == ('"好"', 0.6)
    suspected = SUSPECTED | {"suggested": None}
    found = row(record("r", "negative"), review={"r": [suspected]}, prelabels=answers(0.6, None))
    assert (found["prelabel"], found["confidence"]) == ('"好"', 0.6)


def test_most_useful_first_then_by_id():
    prelabels = Prelabels({"b": Answer("好", 0.5), "a": Answer("好", 0.5), "c": Answer("好", 0.4)}, None)
    records = [record(name) for name in "abc"]
    assert [r["record_id"] for r in rows(records, prelabels=prelabels)] == ["c", "a", "b"]
    assert rows(records[::-1], prelabels=prelabels) == rows(records, prelabels=prelabels)


def test_weights_are_settings():
    params = Params(queue=Queue(unlabelled=0.0))
    assert row(record("r"), params=params)["priority"] == 0


def test_empty_queue_has_its_columns():
    assert queue([], Evidence(), {}, set(), Params()).schema == COLUMNS


def test_a_text_within_another_is_no_question_for_annotators():
    """Its likeness of 1.0 would put it before every likely label error, which is what people are for."""
    rows: list[dict[str, Any]] = [
        {"record_id": "a", "reason": "contained", "suggested": None, "confidence": 1.0},
        {"record_id": "a", "reason": "label_error", "suggested": '"b"', "confidence": 0.7},
        {"record_id": "b", "reason": "contained", "suggested": None, "confidence": 1.0},
    ]
    found = by_record(pa.Table.from_pylist(rows))
    assert {name: [row["reason"] for row in doubts] for name, doubts in found.items()} == {"a": ["label_error"]}
