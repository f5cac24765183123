"""Signals of a wrong label."""

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors.signals import area_under_margin, log_margin, neighbour_votes


def test_log_odds_by_hand():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]])
    assert log_margin(probabilities, np.array([0, 2])) == pytest.approx(np.log([0.7 / 0.2, 0.4 / 0.5]))


def test_a_records_own_group_has_no_vote():
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 0]]
    votes = neighbour_votes(
        vectors, ["a", "a", "b", "c"], vectors, ["a", "a", "b", "c"], np.array([0, 0, 1, 2]), 3, "a test"
    )
    assert votes[0].argmax() == 2  # its only like outside its group
    assert votes[3].argmax() == 0
    assert votes.sum(axis=1) == pytest.approx(1)
    assert not neighbour_votes(vectors[:2], ["a", "a"], vectors[:2], ["a", "a"], np.array([0, 1]), 2, "a test").any()


def test_a_label_that_training_takes_up_late_has_a_low_margin():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    vectors = (rng.normal(size=(200, 8)) * 0.1 + np.eye(8)[labels]).astype(np.float32)
    labels[:4] = 1 - labels[:4]
    assert set(np.argsort(area_under_margin(vectors, labels, 2))[:4].tolist()) == {0, 1, 2, 3}
