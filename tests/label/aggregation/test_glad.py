"""GLAD: annotators differ in ability, items in difficulty."""

from __future__ import annotations

import numpy as np

from pipeline.label.aggregation.glad import glad
from pipeline.label.aggregation.votes import encode


def crowd(seed=0, items=120, hard=0.5):
    """Good people (g) are right except on hard items, where all guess; two spammers (s) always guess."""
    rng = np.random.default_rng(seed)
    truth = {f"项{n:03}": ("好", "bad")[n % 2] for n in range(items)}
    rows = []
    for n, (item, label) in enumerate(truth.items()):
        is_hard = n < hard * items
        for who in ("g1", "g2", "g3", "s1", "s2"):
            p = 0.5 if who[0] == "s" or is_hard else 0.95
            rows.append((item, who, label if rng.random() < p else {"好": "bad", "bad": "好"}[label]))
    return rows, truth


def test_good_people_outweigh_spammers():
    rows, truth = crowd(hard=0.0)
    votes = encode(rows)
    found = glad(votes)
    quality = dict(zip(votes.annotators, found.quality, strict=True))
    assert min(quality[f"g{n}"] for n in (1, 2, 3)) > max(quality["s1"], quality["s2"])
    right = [
        votes.labels[n] == truth[item] for item, n in zip(votes.items, found.posterior.argmax(axis=1), strict=True)
    ]
    assert np.mean(right) > 0.95


def test_it_is_less_sure_of_items_on_which_good_people_disagree():
    rows, _ = crowd()
    found = glad(encode(rows)).posterior.max(axis=1)
    assert found[:60].mean() < found[60:].mean()


def test_one_item_and_one_vote():
    found = glad(encode([("一", "ann", "好"), ("一", "bob", "好"), ("一", "cyn", "bad")]))
    assert found.posterior[0, 1] > 0.5
    assert ((found.quality > 0) & (found.quality < 1)).all()
    assert glad(encode([("一", "ann", "好"), ("二", "ann", "bad")])).posterior.sum(axis=1).tolist() == [1, 1]
