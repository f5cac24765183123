"""Crowd aggregation: what must hold for every method, and what each is for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.label.aggregation import METHODS, aggregate
from pipeline.label.aggregation.votes import encode
from tests.label.aggregation.crowds import crowd_of

every_method = pytest.mark.parametrize("method", sorted(METHODS))
LABELS = ["neutral", "好", "坏"]
triples = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["x", "y", "小王"]), st.sampled_from(LABELS)),
    min_size=1,
    max_size=25,
)


@every_method
@given(rows=triples)
@settings(max_examples=25, deadline=None)
def test_posterior_rows_sum_to_one_and_quality_is_a_share(method, rows):
    consensus = aggregate(encode(rows), method)
    np.testing.assert_allclose(consensus.posterior.sum(axis=1), 1)
    assert (consensus.posterior >= 0).all()
    assert ((consensus.quality >= 0) & (consensus.quality <= 1)).all()


@every_method
@given(rows=triples, order=st.randoms())
@settings(max_examples=25, deadline=None)
def test_order_of_votes_changes_no_byte(method, rows, order):
    shuffled = list(rows)
    order.shuffle(shuffled)
    first, second = (aggregate(encode(r), method) for r in (rows, shuffled))
    assert first.posterior.tobytes() == second.posterior.tobytes()
    assert first.quality.tobytes() == second.quality.tobytes()


@every_method
@given(rows=triples)
@settings(max_examples=25, deadline=None)
def test_renaming_labels_renames_the_answer(method, rows):
    renamed = dict(zip(LABELS, ["z", "y", "x"], strict=True))  # reverses their sorted order
    plain = aggregate(encode(rows), method)
    other = aggregate(encode([(item, who, renamed[label]) for item, who, label in rows]), method)
    labels = encode(rows).labels
    back = [sorted(renamed[label] for label in labels).index(renamed[label]) for label in labels]
    np.testing.assert_allclose(plain.posterior, other.posterior[:, back], atol=1e-3)


@every_method
@given(truth=st.lists(st.sampled_from(LABELS), min_size=1, max_size=12), people=st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_unanimous_votes_win(method, truth, people):
    votes = encode([(f"{n:02}", f"w{p}", label) for n, label in enumerate(truth) for p in range(people)])
    decided = aggregate(votes, method).decide()
    assert [votes.labels[choice[0]] for choice in decided] == truth


@every_method
def test_quality_ranks_good_annotators_above_spammers(method):
    votes = encode(crowd_of(good=4, bad=1)[0])
    quality = dict(zip(votes.annotators, aggregate(votes, method).quality, strict=True))
    assert min(quality[f"good{n}"] for n in range(4)) > quality["bad0"]


def test_unknown_method_names_the_setting_and_the_known_ones():
    with pytest.raises(PipelineError, match=r"label\.crowd\.method: unknown name 'dawid_skeen'") as error:
        aggregate(encode([("a", "x", "1"), ("a", "y", "2")]), "dawid_skeen")
    assert "Did you mean 'dawid_skene'" in error.value.hint
