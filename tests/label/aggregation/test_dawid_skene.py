"""Dawid-Skene where it must beat the majority."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import encode
from tests.conftest import ROOT
from tests.label.aggregation.crowds import crowd_of


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


def test_many_labels_do_not_drown_the_right_one():
    rows = [(f"{n:02}", f"w{w}", f"label{n:02}") for n in range(77) for w in range(2)]
    votes = encode(rows)
    assert [choice[0] for choice in aggregate(votes, "dawid_skene").decide()] == list(range(77))


def test_dawid_skene_is_not_below_majority_on_real_votes():
    """The weather votes of benchmarks/crowd.py, at 3, 5 and 20 votes an item."""
    default = ROOT.parent / "shared" / "data"
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
