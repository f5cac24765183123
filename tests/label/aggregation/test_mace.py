"""MACE: annotators either know the label or guess by a habit of their own."""

from __future__ import annotations

import numpy as np

from pipeline.label.aggregation.mace import mace
from pipeline.label.aggregation.votes import encode


def crowd(seed=0, items=90):
    """Three people who know, and two who always write 好."""
    rng = np.random.default_rng(seed)
    labels = ("bad", "ok", "好")
    truth = {f"{n:03}": labels[n % 3] for n in range(items)}
    rows = []
    for item, label in truth.items():
        rows += [(item, who, label if rng.random() < 0.9 else labels[rng.integers(3)]) for who in ("k1", "k2", "k3")]
        rows += [(item, who, "好") for who in ("h1", "h2")]
    return rows, truth


def test_a_habit_is_not_knowing():
    rows, truth = crowd()
    votes = encode(rows)
    found = mace(votes)
    knew = dict(zip(votes.annotators, found.quality, strict=True))
    assert min(knew["k1"], knew["k2"], knew["k3"]) > 0.7
    assert max(knew["h1"], knew["h2"]) < 0.4
    right = [
        votes.labels[n] == truth[item] for item, n in zip(votes.items, found.posterior.argmax(axis=1), strict=True)
    ]
    assert np.mean(right) > 0.93


def test_equal_votes_give_equal_results():
    rows, _ = crowd()
    one, other = mace(encode(rows)), mace(encode(rows[::-1]))
    assert one.posterior.tobytes() == other.posterior.tobytes()


def test_one_vote_is_believed_and_a_tie_stays_one():
    assert mace(encode([("一", "ann", "好"), ("二", "bob", "bad")])).posterior.argmax(axis=1).tolist() == [1, 0]
    tie = mace(encode([("一", "ann", "好"), ("一", "bob", "bad")])).posterior
    assert abs(tie[0, 0] - tie[0, 1]) < 1e-9
