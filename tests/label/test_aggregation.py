"""Crowd aggregation: what must hold for every method, and what each is for."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.label.aggregation import METHODS, aggregate
from pipeline.label.aggregation.votes import encode

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


def test_a_tie_is_left_open_by_majority():
    votes = encode([("a", "x", "好"), ("a", "y", "坏"), ("b", "x", "好"), ("b", "y", "好"), ("b", "z", "坏")])
    assert aggregate(votes, "majority").decide() == [None, (votes.labels.index("好"), pytest.approx(2 / 3))]


def crowd_of(good, bad, guess=lambda rng: "no", items=60, seed=0):
    """Votes of annotators who are right 9 times in 10 and of `bad` spammers, by default always 'no'; the truth."""
    rng = np.random.default_rng(seed)
    truth = {f"{n:03}": "yes" if n % 2 else "no" for n in range(items)}
    other = {"yes": "no", "no": "yes"}
    rows = [(i, f"good{w}", t if rng.random() < 0.9 else other[t]) for i, t in truth.items() for w in range(good)]
    return rows + [(i, f"bad{w}", guess(rng)) for i in truth for w in range(bad)], truth


# GLAD believes spammers who always agree with each other; it is for those who guess.
@pytest.mark.parametrize(
    ("method", "guess"),
    [(m, lambda rng: "no") for m in ("dawid_skene", "dawid_skene_ml", "one_coin", "mace")]
    + [(m, lambda rng: str(rng.choice(["yes", "no"]))) for m in ("dawid_skene", "mace", "glad")],
)
def test_weighing_annotators_beats_majority_where_spammers_vote(method, guess):
    rows, truth = crowd_of(good=3, bad=2, guess=guess, items=200)
    votes = encode(rows)

    def accuracy(name):
        best = aggregate(votes, name).posterior.argmax(axis=1)
        return np.mean([votes.labels[k] == truth[i] for i, k in zip(votes.items, best, strict=True)])

    assert accuracy(method) > accuracy("majority") + 0.02


@every_method
def test_quality_ranks_good_annotators_above_spammers(method):
    votes = encode(crowd_of(good=4, bad=1)[0])
    quality = dict(zip(votes.annotators, aggregate(votes, method).quality, strict=True))
    assert min(quality[f"good{n}"] for n in range(4)) > quality["bad0"]


def test_many_labels_do_not_drown_the_right_one():
    rows = [(f"{n:02}", f"w{w}", f"label{n:02}") for n in range(77) for w in range(2)]
    votes = encode(rows)
    assert [choice[0] for choice in aggregate(votes, "dawid_skene").decide()] == list(range(77))


def test_unknown_method_names_the_setting_and_the_known_ones():
    with pytest.raises(PipelineError, match=r"label\.crowd\.method: unknown name 'dawid_skeen'") as error:
        aggregate(encode([("a", "x", "1"), ("a", "y", "2")]), "dawid_skeen")
    assert "Did you mean 'dawid_skene'" in error.value.hint


def hard_and_easy(seed, items=800, people=120, each=10):
    """Votes on items of which some are hard for everybody, by people of whom a quarter know little; the truth."""
    rng = np.random.default_rng(seed)
    truth = {f"{n:03}": "是" if rng.random() < 0.5 else "no" for n in range(items)}
    other = {"是": "no", "no": "是"}
    skill = np.where(rng.random(people) < 0.25, rng.uniform(-0.2, 0.5, people), rng.normal(2.0, 0.6, people))
    rows = []
    for item, label in truth.items():
        hardness = np.exp(rng.normal(0, 0.9))
        for who in rng.choice(people, each, replace=False):
            right = rng.random() < 1 / (1 + np.exp(-skill[who] / hardness))
            rows.append((item, f"w{who}", label if right else other[label]))
    return rows, truth


def test_posteriors_are_calibrated_and_the_review_queue_holds_most_wrong_labels():
    from benchmarks import crowd

    found = []
    for seed in range(3):
        rows, truth = hard_and_easy(seed)
        of = {name: crowd.ours(name)(rows) for name in ("dawid_skene", "dawid_skene_ml", "majority")}
        found.append(
            [figure for one in of.values() for figure in (crowd.accuracy(one, truth), *crowd.calibration(one, truth))]
        )
    ours, ours_error, ours_found, plain, plain_error, _, majority, *_ = np.mean(found, axis=0)
    assert ours >= majority
    assert ours >= plain - 0.005
    assert ours_error <= 0.02 < plain_error
    assert ours_found >= 0.6


@pytest.mark.parametrize("rows", [[("a", "x", "好")], [("a", "x", "好"), ("a", "y", "坏")]])
def test_one_item_is_decided_or_left_open(rows):
    [decided] = aggregate(encode(rows), "dawid_skene").decide()
    assert (decided is None) == (len(rows) == 2)


def test_dawid_skene_is_not_below_majority_on_real_votes():
    """The weather votes of benchmarks/crowd.py, at 3, 5 and 20 votes an item."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SHARED_DATA", default)) / "weather_sentiment_crowd"
    if not folder.is_dir():
        pytest.skip(f"the public votes are not at {folder}; set SHARED_DATA")
    from benchmarks import crowd

    votes, gold = crowd.read(folder)
    assert len(votes) == 20_000
    for per_item in (3, 5, 20):
        drawn = crowd.draw(votes, per_item, seed=0)
        scores = {name: crowd.accuracy(crowd.ours(name)(drawn), gold) for name in ("majority", "dawid_skene")}
        assert scores["dawid_skene"] >= scores["majority"]
    error, doubtful = crowd.calibration(crowd.ours("dawid_skene")(votes), gold)
    assert error <= 0.02
    assert doubtful >= 0.6
