import numpy as np
import pyarrow as pa
import pytest

from pipeline.clean.step import Context
from pipeline.clean.steps.exact_duplicates import ExactDuplicates, drop_exact_duplicates
from pipeline.core.record import Decision, Vote
from pipeline.runtime.store import to_records
from pipeline.text.similarity import jaccard
from tests.clean.records import TASK, make, table


def exact(records, **more):
    return drop_exact_duplicates(table(records), ExactDuplicates(**more), Context(TASK))


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


def test_jaccard_is_true_jaccard():
    pair = ["abcdefgh", "abcdefxy"]
    sets = [{t[n : n + 5] for n in range(4)} for t in pair]
    found = jaccard(pa.array(pair), np.array([[0, 1]]))[0]
    assert found == pytest.approx(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))
    assert jaccard(pa.array(["好吃不贵"] * 2), np.array([[0, 1]]))[0] == 1.0
