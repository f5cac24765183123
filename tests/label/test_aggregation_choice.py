"""Choosing and calibrating crowd methods on labels that are known, on simulated annotators with hard items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.label.aggregation import METHODS, aggregate
from pipeline.label.aggregation.votes import encode, tempered
from pipeline.label.aggregation_choice import DEFAULT, MIN_KNOWN, ON_GOLD, choose, known_labels
from pipeline.label.evidence import VoteOutcome, crowd_rows
from tests.label.conftest import record

LABELS = ("好", "negative", "positive")


def voted(items=600, annotators=12, per_item=4, seed=0):
    """Records with votes, and the truth: a third of the items is hard, there all err together."""
    rng = np.random.default_rng(seed)
    skill = rng.uniform(0.55, 0.95, annotators)
    truth, rows = {}, []
    for n in range(items):
        name, right = f"r{n:04}", int(rng.integers(3))
        truth[name] = LABELS[right]
        trap = (right + 1) % 3
        hard = rng.random() < 0.33
        votes = []
        for who in rng.choice(annotators, per_item, replace=False):
            is_right = rng.random() < (0.45 if hard else skill[who])
            votes.append((f"a{who:02}", LABELS[right if is_right else trap if hard else int(rng.integers(3))]))
        rows.append(record(name, None, f"文本 {n}", split="unlabelled", votes=votes))
    return rows, truth


def ece(posterior, labels, names, truth):
    best, sure = posterior.argmax(axis=1), posterior.max(axis=1)
    right = np.array([labels[b] == f'"{truth[name]}"' for b, name in zip(best, names, strict=True)])
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [abs(sure[bins == b].sum() - right[bins == b].sum()) for b in range(10)]
    return sum(gaps) / len(names)


@pytest.mark.parametrize("method", ["dawid_skene_ml", "one_coin", ON_GOLD])
def test_known_labels_calibrate_the_posteriors_of_the_others(method):
    rows, truth = voted()
    known = {one.id: f'"{truth[one.id]}"' for one in rows[:150]}
    choice = choose(rows, known, method)
    votes = encode(crowd_rows(rows))
    raw = aggregate(votes, choice.method).posterior
    others = [n for n, name in enumerate(votes.items) if name not in known]
    names = [votes.items[n] for n in others]
    before = ece(raw[others], votes.labels, names, truth)
    after = ece(tempered(raw, choice.temperature)[others], votes.labels, names, truth)
    assert after <= before + 0.01
    assert after < 0.06
    assert choice.report["ece_after"] <= choice.report["ece_before"] + 0.01


def test_the_best_method_is_no_worse_on_unknown_items_than_the_default():
    rows, truth = voted(seed=3)
    known = {one.id: f'"{truth[one.id]}"' for one in rows[:200]}
    choice = choose(rows, known, ON_GOLD)
    assert set(choice.report["log_loss"]) == set(METHODS)
    votes = encode(crowd_rows(rows))

    def accuracy(method):
        posterior = aggregate(votes, method).posterior
        pairs = [(votes.labels[n], f'"{truth[i]}"') for n, i in zip(posterior.argmax(axis=1), votes.items, strict=True)]
        return np.mean([a == b for (a, b), i in zip(pairs, votes.items, strict=True) if i not in known])

    assert accuracy(choice.method) >= accuracy(DEFAULT) - 0.01


def test_too_few_known_labels_change_nothing():
    rows, truth = voted(items=80)
    known = {one.id: f'"{truth[one.id]}"' for one in rows[: MIN_KNOWN - 1]}
    assert choose(rows, known, ON_GOLD).method == DEFAULT
    assert (choose(rows, known, "mace").method, choose(rows, known, "mace").temperature) == ("mace", 1.0)
    assert "of 50 needed" in choose([], {}, "glad").report["why"]


def test_only_labels_beyond_doubt_are_known():
    rows, _ = voted(items=4)
    trusted = replace(rows[0], target="好", source=replace(rows[0].source, trusted=True))
    doubted = replace(rows[1], target="好")
    human = {
        rows[2].id: VoteOutcome("negative", None, ("ann", "小王")),
        rows[3].id: VoteOutcome("negative", None, ("ann",)),
    }
    known = known_labels([trusted, doubted, rows[2], rows[3]], human)
    assert known == {rows[0].id: '"好"', rows[2].id: '"negative"'}
    boss = {rows[3].id: VoteOutcome("positive", None, ("boss",), adjudicated=True)}
    assert known_labels([rows[3]], boss) == {rows[3].id: '"positive"'}
