import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.step import Context
from pipeline.clean.steps.conflicting_labels import ConflictingLabels, resolve_conflicts
from pipeline.clean.steps.exact_duplicates import ExactDuplicates, drop_exact_duplicates
from pipeline.clean.steps.near_duplicates import NearDuplicates, drop_near_duplicates
from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.text.normalise import normalised
from tests.clean.records import TASK, make, table, texts

LONG = "The battery lasts two days and the screen is bright enough to read outside in summer sun"


CHINESE = "送餐速度非常快，味道也很不错，包装完整没有洒出来，下次还会再来这家店点外卖的"


def exact(records, **more):
    return drop_exact_duplicates(table(records), ExactDuplicates(**more), Context(TASK))


def near(records, **more):
    context = Context(TASK)
    return drop_near_duplicates(table(records), NearDuplicates(**more), context), context.review_items


def test_near_copies_drop_with_evidence():
    records = [make(LONG), make(LONG + " days", key="x"), make(CHINESE), make(CHINESE + "哦"), make("unrelated")]
    outcome, _ = near(records)
    assert outcome.kept.num_rows == 3
    assert all(detail.startswith("similarity 0.9") for detail in outcome.dropped["detail"].to_pylist())
    assert texts(outcome.kept)[0] == LONG + " days"  # the longer one


def test_band_below_drop_shares_a_group_and_is_reviewed_once():
    records = [make(f"{LONG}, sent from my {name} phone") for name in ("Nokia", "Apple 15", "Pixel")]
    outcome, review_items = near(records, drop=0.99)
    groups = outcome.kept["group"].to_pylist()
    assert outcome.dropped.num_rows == 0
    assert len(set(groups)) == 1
    assert groups[0]
    assert [d.reason for d in review_items] == ["template_cluster"]


def test_near_copies_with_other_labels_stay_and_are_asked_about():
    outcome, review_items = near([make(LONG, "good"), make(LONG + " too", "bad"), make(LONG + " yes", None)])
    assert outcome.kept.num_rows == 2
    assert sum(d.reason == "near_duplicate_other_label" for d in review_items) == 2


def test_benchmark_records_are_never_dropped():
    outcome, _ = near([make(LONG, key="1", role="benchmark"), make(LONG + " x", key="2", role="benchmark")])
    assert outcome.dropped.num_rows == 0


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


@pytest.mark.parametrize("records", [[], [make("one")], [make("equal", key=str(n)) for n in range(60)]])
def test_degenerate_tables(records):
    assert exact(records).kept.num_rows == min(len(records), 1)
    assert near(records)[0].kept.num_rows == min(len(records), 1)
    assert conflicts(records).kept.num_rows == len(records)


def test_review_above_drop_is_refused():
    with pytest.raises(PipelineError, match="is above drop"):
        parse({"drop": 0.5, "review": 0.8}, NearDuplicates, "params.yaml: clean.near_duplicates")
