"""Odds of answers that a model takes for others: told by records whose label is known, each without itself."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.label.language_model.answer_odds import AnswerOdds


def said(seed, rows=800, labels=40):
    """A labeller whose score tells hard texts, and that is as sure of every fifth label, of which half are wrong."""
    rng = np.random.default_rng(seed)
    targets = [f"标签 {n}" for n in rng.integers(0, labels, rows)]
    is_hard = rng.random(rows) < 0.3
    scores = -np.abs(rng.normal(0.1, 0.1, rows)) - np.where(is_hard, rng.random(rows), 0)
    likely = np.where(is_hard, 0.45, 0.99) * np.where([int(t.split()[1]) % 5 == 0 for t in targets], 0.5, 1.0)
    return scores, targets, rng.random(rows) < likely, likely


@pytest.mark.parametrize("seed", range(3))
def test_labels_that_are_taken_for_others_are_told_from_those_that_are_not(seed):
    scores, targets, right, _ = said(seed)
    odds = AnswerOdds(scores, targets, right)
    fresh, others, truth, _ = said(seed + 100)
    found = odds.of(fresh, others)
    total = found[:, 1] + found[:, 2]
    best = np.argsort(-total)[: len(total) // 3]
    assert truth[best].mean() > 0.95
    by_score = np.argsort(-fresh)[: len(total) // 3]
    assert truth[by_score].mean() < truth[best].mean() - 0.03
    assert abs(odds.known()[:, 2].mean()) < 0.5


def test_a_record_tells_nothing_of_itself():
    scores, targets, right, _ = said(1, rows=60)
    first = AnswerOdds(scores, targets, right)
    alone = AnswerOdds([*scores, -0.1], [*targets, "once"], np.append(right, True))
    assert alone.known()[-1, 2] == 0
    assert alone.of([-0.1], ["never"])[0, 2] == 0
    assert first.of([-0.1], ["once"])[0, 2] == 0


def test_answers_that_are_all_right_or_equally_sure_or_none():
    assert np.isfinite(AnswerOdds([-0.1] * 30, ["a"] * 30, np.ones(30, bool)).known()).all()
    mixed = AnswerOdds([0.0] * 40, ["a", "b"] * 20, np.array([True, False] * 20))
    by_label = mixed.of([0.0, 0.0], ["a", "b"])[:, 2]
    assert by_label[0] > 1 > -1 > by_label[1]
    assert mixed.of([], []).shape == (0, 3)


def test_the_same_answers_give_the_same_odds_in_any_order():
    scores, targets, right, _ = said(4, rows=200)
    turned = AnswerOdds(scores[::-1], targets[::-1], right[::-1])
    assert np.allclose(AnswerOdds(scores, targets, right).known(), turned.known()[::-1], atol=1e-6)
