import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.conflicting_labels import ConflictingLabels, resolve_conflicts
from pipeline.clean.steps.exact_duplicates import ExactDuplicates, drop_exact_duplicates
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision, Vote
from pipeline.core.settings import parse
from pipeline.runtime.store import to_records
from pipeline.text.normalise import normalised
from pipeline.text.shingles import shingles
from pipeline.text.similarity import jaccard
from tests.clean.records import TASK, make, table, texts

LONG = "The battery lasts two days and the screen is bright enough to read outside in summer sun"
CHINESE = "送餐速度非常快，味道也很不错，包装完整没有洒出来，下次还会再来这家店点外卖的"


def exact(records, **more):
    return drop_exact_duplicates(table(records), ExactDuplicates(**more), Context(TASK))


def near(records, **more):
    context = Context(TASK)
    return drop_near_duplicates(table(records), NearDuplicates(**more), context), context.doubts


def test_equal_but_for_case_and_punctuation_merge():
    outcome = exact(
        [make("Great phone!"), make("great  PHONE"), make("很好，推荐！"), make("很好 推荐"), make("other")]
    )
    assert outcome.kept.num_rows == 3
    assert outcome.dropped["reason"].to_pylist() == ["exact_duplicate"] * 2
    assert set(outcome.dropped["other_id"].to_pylist()) <= set(outcome.kept["id"].to_pylist())


def test_texts_of_symbols_alone_are_not_all_equal():
    assert exact([make("😀😀"), make("😡"), make("!!!")]).dropped.num_rows == 0


def test_different_labels_never_merge_and_unlabelled_joins_labelled():
    outcome = exact([make("so", "bad", "1"), make("so", "good", "2"), make("so", None, "3")])
    assert sorted(outcome.kept["target"].to_pylist()) == ["bad", "good"]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"role": "test"}, {"trusted": True}),
        ({"trusted": True}, {"votes": (Vote("ann", "good"),)}),
        ({"votes": (Vote("ann", "good"),)}, {"name": "first"}),
        ({"labels_by": Decision("human:ann", 1.0)}, {"name": "first"}),
        ({"name": "first"}, {"name": "second"}),
    ],
)
def test_survivor_is_the_better_record_wherever_it_stands(better, worse):
    pair = [make("same text", key="a", **dict(worse)), make("same text", key="b", **dict(better))]
    for records in (pair, pair[::-1]):
        outcome = exact(records, sources=("first", "second"))
        assert outcome.kept["id"].to_pylist() == [pair[1].id]


def test_votes_of_merged_records_survive():
    ann, bob = Vote("ann", "good"), Vote("bob", "bad")
    outcome = exact([make("t", key="1", votes=(ann,)), make("t", key="2", votes=(bob, ann))])
    (kept,) = to_records(outcome.kept)
    assert set(kept.votes) == {ann, bob}


def test_near_copies_drop_with_evidence():
    records = [make(LONG), make(LONG + " days", key="x"), make(CHINESE), make(CHINESE + "哦"), make("unrelated")]
    outcome, _ = near(records)
    assert outcome.kept.num_rows == 3
    assert all(detail.startswith("similarity 0.9") for detail in outcome.dropped["detail"].to_pylist())
    assert texts(outcome.kept)[0] == LONG + " days"  # the longer one


def test_band_below_drop_shares_a_group_and_is_reviewed_once():
    records = [make(f"{LONG}, sent from my {name} phone") for name in ("Nokia", "Apple 15", "Pixel")]
    outcome, doubts = near(records, drop=0.99)
    groups = outcome.kept["group"].to_pylist()
    assert outcome.dropped.num_rows == 0
    assert len(set(groups)) == 1
    assert groups[0]
    assert [d.reason for d in doubts] == ["template_cluster"]


def test_near_copies_with_other_labels_stay_and_are_asked_about():
    outcome, doubts = near([make(LONG, "good"), make(LONG + " too", "bad"), make(LONG + " yes", None)])
    assert outcome.kept.num_rows == 2
    assert sum(d.reason == "near_duplicate_other_label" for d in doubts) == 2


def test_benchmark_records_are_never_dropped():
    outcome, _ = near([make(LONG, key="1", role="benchmark"), make(LONG + " x", key="2", role="benchmark")])
    assert outcome.dropped.num_rows == 0


def test_jaccard_is_true_jaccard():
    pair = ["abcdefgh", "abcdefxy"]
    sets = [{t[n : n + 5] for n in range(4)} for t in pair]
    found = jaccard(pa.array(pair), np.array([[0, 1]]))[0]
    assert found == pytest.approx(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))
    assert jaccard(pa.array(["好吃不贵"] * 2), np.array([[0, 1]]))[0] == 1.0


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("ab", 1), ("abcde", 1), ("abcdef", 2), ("好", 1), ("很好", 1), ("很好吃", 2)]
)
def test_short_texts_are_one_shingle(text, count):
    assert len(shingles([text]).hashes) == count


WORDS = ("red", "green", "blue", "tall", "small", "好", "坏", "一般", "phone", "battery")
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14)
pools = st.lists(st.tuples(words.map(" ".join), st.sampled_from(["good", "bad", None])), max_size=14)


@given(pools, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_input_order_never_matters_and_a_member_of_each_cluster_survives(pool, rng: random.Random):
    records = [make(text, target, key=str(n)) for n, (text, target) in enumerate(pool)]
    shuffled = rng.sample(records, len(records))
    for step in (exact, lambda rs: near(rs, drop=0.7, review=0.5)[0], conflicts):
        one, other = step(records), step(shuffled)
        assert one.kept.num_rows + one.dropped.num_rows == len(records)
        assert set(one.kept["id"].to_pylist()) == set(other.kept["id"].to_pylist())
        assert dict(zip(*(one.kept[c].to_pylist() for c in ("id", "group")), strict=True)) == dict(
            zip(*(other.kept[c].to_pylist() for c in ("id", "group")), strict=True)
        )
    for step in (exact, lambda rs: near(rs, drop=0.7, review=0.5)[0]):
        outcome = step(records)
        assert set(outcome.dropped["other_id"].to_pylist()) <= set(outcome.kept["id"].to_pylist())
    assert {normalised(r.fields["text"]) for r in records} == {normalised(t) for t in texts(exact(records).kept)}


def conflicts(records, context=None):
    return resolve_conflicts(table(records), ConflictingLabels(), context or Context(TASK))


@pytest.mark.parametrize(
    ("winner", "loser", "decided"),
    [
        ({"trusted": True}, {"sure": 1.0}, "by_trust"),
        ({"role": "test"}, {"trusted": True}, "by_test"),
        ({"votes": tuple(Vote(f"w{n}", "good") for n in range(4))}, {"votes": (Vote("w9", "bad"),)}, "by_votes"),
        ({"sure": 0.9}, {"sure": 0.3}, "by_confidence"),
    ],
)
def test_conflicts_are_decided_by_evidence(winner, loser, decided):
    records = [make("同样的文本", "bad", "1", **dict(loser)), make("同样的文本", "good", "2", **dict(winner))]
    outcome = conflicts(records)
    assert outcome.kept["target"].to_pylist() == ["good"]
    assert outcome.dropped["other_id"].to_pylist() == [records[1].id]
    assert outcome.notes[decided] == 1


def test_undecided_conflicts_go_to_review_all_of_them():
    context = Context(TASK)
    outcome = conflicts([make("t", "good", "1"), make("T!", "bad", "2"), make("t", None, "3")], context)
    assert outcome.kept["target"].to_pylist() == [None]
    assert outcome.dropped["reason"].to_pylist() == ["conflicting_label"] * 2
    assert {d.given for d in context.doubts} == {'"good"', '"bad"'}


def test_conflict_inside_test_is_reviewed_never_dropped():
    context = Context(TASK)
    records = [make("t", "good", "1", role="test"), make("t", "bad", "2", role="test"), make("t", "bad", "3")]
    outcome = conflicts(records, context)
    assert set(outcome.kept["id"].to_pylist()) == {records[0].id, records[1].id}
    assert len(context.doubts) == 2


@pytest.mark.parametrize("records", [[], [make("one")], [make("equal", key=str(n)) for n in range(60)]])
def test_degenerate_tables(records):
    assert exact(records).kept.num_rows == min(len(records), 1)
    assert near(records)[0].kept.num_rows == min(len(records), 1)
    assert conflicts(records).kept.num_rows == len(records)


def test_review_above_drop_is_refused():
    with pytest.raises(PipelineError, match="is above drop"):
        parse({"drop": 0.5, "review": 0.8}, NearDuplicates, "params.yaml: clean.near_duplicates")
