"""Who decides a label: the precedence table and its exceptions."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Change, Decision, Reject
from pipeline.core.settings import parse
from pipeline.label.evidence import VoteOutcome
from pipeline.label.merge import Evidence, Ledger, merge, merge_all, source_alone
from pipeline.label.params import Params
from pipeline.label.prelabels import Answer, Prelabels
from pipeline.label.review_queue import may_need_a_person, queue
from pipeline.runtime.columns import schema
from pipeline.runtime.stage import per_record
from pipeline.runtime.store import to_records, to_table
from tests.label.conftest import TASK, record

HUMAN = {"r": VoteOutcome("positive", None, ("ann",))}


SPLIT_HUMAN = {"r": VoteOutcome("positive", 0.9, ("ann", "小王"))}


OPEN_HUMAN = {"r": VoteOutcome(None, 0.0, ("ann", "小王"))}


CROWD = {"r": VoteOutcome("好", 0.9, ("x", "y", "z"))}


WEAK_CROWD = {"r": VoteOutcome("好", 0.4, ("x", "y"))}


SURE = Prelabels({"r": Answer("negative", 0.97)}, 0.9)


UNSURE = Prelabels({"r": Answer("negative", 0.7)}, 0.9)


UNPROVEN = Prelabels({"r": Answer("negative", 0.99)}, None)


def merged(one, params=None, **evidence):
    ledger = Ledger()
    return merge(one, Evidence(**evidence), params or Params(), ledger), ledger


@pytest.mark.parametrize(
    ("given", "evidence", "target", "decision"),
    [
        ("好", {"human": HUMAN, "crowd": CROWD, "prelabels": SURE}, "positive", Decision("human:ann")),
        ("好", {"human": SPLIT_HUMAN, "crowd": CROWD}, "positive", Decision("human:ann+小王", 0.9)),
        ("negative", {"crowd": CROWD, "prelabels": SURE}, "好", Decision("crowd:dawid_skene", 0.9)),
        ("positive", {"crowd": WEAK_CROWD, "prelabels": SURE}, "positive", Decision("source:made", 0.7)),
        ("positive", {"human": OPEN_HUMAN, "prelabels": SURE}, "positive", Decision("source:made", 0.7)),
        ("positive", {}, "positive", Decision("source:made", 0.7)),
        (None, {"prelabels": SURE}, "negative", Decision("model:linear", 0.97)),
        (None, {"crowd": WEAK_CROWD, "prelabels": SURE}, "negative", Decision("model:linear", 0.97)),
        (None, {"human": HUMAN, "prelabels": SURE}, "positive", Decision("human:ann")),
    ],
)
def test_precedence(given, evidence, target, decision):
    result, _ = merged(record("r", given), **evidence)
    assert (result.target, result.labels_by, result.split) == (target, decision, "train")


@pytest.mark.parametrize(
    ("precedence", "target"),
    [
        (["model", "source"], "negative"),
        (["source", "human"], "好"),
        (["crowd", "human"], "好"),
        (["human"], "positive"),
    ],
)
def test_precedence_is_a_setting(precedence, target):
    params = Params(precedence=tuple(precedence))
    assert merged(record("r", "好"), params, human=HUMAN, crowd=CROWD, prelabels=SURE)[0].target == target


@pytest.mark.parametrize(
    ("evidence", "reason", "detail"),
    [
        ({}, "awaiting_label", "nobody has labelled it"),
        ({"prelabels": UNSURE}, "awaiting_label", '"negative" at 0.700, accepted from 0.900'),
        ({"prelabels": UNPROVEN}, "awaiting_label", "no threshold is precise enough"),
        ({"crowd": WEAK_CROWD}, "awaiting_label", "votes reach 0.40 of 0.50"),
        ({"human": OPEN_HUMAN, "prelabels": SURE}, "annotators_disagree", "2 annotators"),
        ({"human": {"r": VoteOutcome("好", 0.7, ("x", "y"))}}, "annotators_disagree", "best label 0.70"),
    ],
)
def test_what_nobody_decides_waits(evidence, reason, detail):
    with pytest.raises(Reject, match=detail) as reject:
        merged(record("r", None, split="unlabelled"), **evidence)
    assert reject.value.reason == reason


ASIDE = {"set_aside": frozenset({"r"})}


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({}, "label_set_aside"),
        ({"prelabels": SURE}, "label_set_aside"),  # what a model doubts no model settles
        ({"crowd": WEAK_CROWD}, "label_set_aside"),
        ({"human": OPEN_HUMAN}, "annotators_disagree"),
    ],
)
def test_a_label_set_aside_decides_nothing(evidence, reason):
    with pytest.raises(Reject) as reject:
        merged(record("r", "negative"), **ASIDE, **evidence)
    assert reject.value.reason == reason


@pytest.mark.parametrize(("evidence", "target"), [({"human": HUMAN}, "positive"), ({"crowd": CROWD}, "好")])
def test_an_answer_brings_a_record_set_aside_back(evidence, target):
    assert merged(record("r", "negative"), **ASIDE, **evidence)[0].target == target
    assert merged(record("r", target), **ASIDE, **evidence)[0].target == target


def test_a_change_keeps_before_and_after_and_is_reported():
    result, ledger = merged(record("r", "好"), human=HUMAN)
    assert result.history == (Change("label", "target", '"好"', '"positive"'),)
    summary = ledger.summary()
    assert summary["conflicts"] == {"human_over_source": 1}
    assert summary["relabelled"] == {'"好" -> "positive"': 1}
    assert summary["conflict_examples"] == [{"record_id": "r", "split": "train", "human": "positive", "source": "好"}]


def test_a_confirmed_label_changes_only_who_decided():
    result, ledger = merged(record("r", "positive"), human=HUMAN)
    assert (result.labels_by, result.history) == (Decision("human:ann"), ())
    assert not ledger.changes
    assert not ledger.conflicts


def test_a_record_without_news_is_returned_as_it_is():
    one = record("r", "好")
    assert merged(one)[0] is one


@pytest.mark.parametrize("evidence", [{"human": HUMAN}, {"crowd": {"r": VoteOutcome("negative", 0.99, ("x",))}}])
def test_test_labels_stay_unless_asked(evidence):
    one = record("r", "好", split="test")
    kept, ledger = merged(one, **evidence)
    assert kept is one
    assert ledger.summary()["held_back_on_test"] == 1
    assert not ledger.conflicts
    changed, ledger = merged(one, Params(relabel_test=True), **evidence)
    assert changed.target != "好"
    assert changed.split == "test"
    assert ledger.summary()["held_back_on_test"] == 0


def test_the_model_never_labels_the_test_split():
    with pytest.raises(Reject, match="awaiting_label"):
        merged(record("r", None, split="test"), prelabels=SURE)
    params = Params(relabel_test=True, precedence=("model", "source"))
    assert merged(record("r", "好", split="test"), params, prelabels=SURE)[0].target == "好"


def test_benchmark_records_pass_untouched():
    one = record("r", None, split="benchmark")
    assert merged(one, human=HUMAN)[0] is one


@pytest.mark.parametrize(
    ("held_out", "evidence", "split"),
    [
        ({}, {"human": HUMAN}, "train"),
        ({"g": "dev"}, {"human": HUMAN}, "dev"),
        ({"g": "dev"}, {"prelabels": SURE}, None),
        ({"g": "test"}, {"human": HUMAN}, None),
    ],
)
def test_newly_labelled_records_never_cross_into_held_out_groups(held_out, evidence, split):
    one = record("r", None, split="unlabelled", group="g")
    if split is None:
        with pytest.raises(Reject, match="shares_group_with_held_out"):
            merged(one, group_split=held_out, **evidence)
    else:
        assert merged(one, group_split=held_out, **evidence)[0].split == split


@pytest.mark.parametrize("names", [["people"], ["human", "human"], []])
def test_wrong_precedence_is_explained(names):
    with pytest.raises(PipelineError, match=r"params\.yaml: label\.precedence: "):
        parse({"precedence": names}, Params, "params.yaml: label")


def mixed():
    """One record of each kind that matters here; of the last of each split nothing but its source speaks."""
    named = [record(name, "negative") for name in ("human", "crowd", "model", "aside", "doubted", "audit", "changed")]
    splits = [record(split, "好", split=split) for split in ("train", "dev", "test", "benchmark", "unlabelled")]
    return [*named, *splits, record("open"), record("none", "positive", split=None)]


EVIDENCE = Evidence(
    human={"human": HUMAN["r"]},
    crowd={"crowd": CROWD["r"]},
    prelabels=Prelabels({"model": Answer("positive", 0.97)}, 0.9),
    set_aside=frozenset({"aside"}),
    audit=frozenset({"audit"}),
)


@pytest.mark.parametrize(
    "params", [Params(), Params(precedence=("model", "source")), Params(precedence=("human", "crowd", "model"))]
)
@pytest.mark.parametrize("records", [mixed(), []])
def test_a_table_is_merged_as_its_records_are_and_whom_nobody_speaks_of_is_not_looked_at(records, params):
    table = to_table(records, schema(TASK))
    ledger, expected_ledger = Ledger(), Ledger()
    alone = source_alone(table, EVIDENCE, params)
    found = merge_all(table, EVIDENCE, params, ledger, alone)
    expected = per_record(table, "merge", lambda one: merge(one, EVIDENCE, params, expected_ledger))
    assert (found.kept.to_pylist(), found.dropped.to_pylist()) == (
        expected.kept.to_pylist(),
        expected.dropped.to_pylist(),
    )
    assert (found.changed, ledger.summary()) == (expected.changed, expected_ledger.summary())
    if records:
        lone = {"doubted", "audit", "changed", "train", "dev", "test"}
        assert {one.id for one, is_alone in zip(records, alone, strict=True) if is_alone} == (
            lone if "source" in params.precedence else set()
        )
    review: dict[str, list[Any]] = {"doubted": [{"reason": "label_error", "suggested": None, "confidence": 0.8}]}
    asked = may_need_a_person(table, alone, EVIDENCE, {*review, "changed"})
    assert queue(asked, EVIDENCE, review, {"changed"}, params).equals(
        queue(to_records(table), EVIDENCE, review, {"changed"}, params)
    )
