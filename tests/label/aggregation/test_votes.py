"""Votes as arrays, and what a method concludes of them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.label.aggregation.votes import Consensus, encode, from_logs, normalised, tempered

ROWS = [("二", "ann", "好"), ("一", "bob", "bad"), ("一", "ann", "bad"), ("一", "ann", "bad"), ("二", "bob", "bad")]


def test_names_are_sorted_and_a_repeated_vote_counts_once():
    votes = encode(ROWS)
    assert (votes.items, votes.annotators, votes.labels) == (("一", "二"), ("ann", "bob"), ("bad", "好"))
    assert votes.counts().tolist() == [[2, 0], [1, 1]]
    assert votes.by_annotator(np.ones(4)).tolist() == [2, 2]


def test_the_order_of_reading_changes_nothing():
    one, other = encode(ROWS), encode(ROWS[::-1])
    assert one.item.tolist() == other.item.tolist()
    assert one.label.tolist() == other.label.tolist()


def test_no_vote():
    votes = encode([])
    assert votes.counts().shape == (0, 0)
    assert Consensus(np.zeros((0, 2)), np.zeros(0)).decide() == []


def test_values_are_summed_where_the_vote_went():
    votes = encode(ROWS)  # sorted: (一, ann), (一, bob), (二, ann), (二, bob)
    assert votes.spread(np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [[3, 0], [8, 4]]


def test_a_tie_is_left_open_and_one_label_is_certain():
    consensus = Consensus(np.array([[0.5, 0.5], [0.2, 0.8], [0.5 + 1e-12, 0.5 - 1e-12]]), np.zeros(1))
    assert consensus.decide() == [None, (1, 0.8), None]
    assert Consensus(np.array([[1.0 + 1e-12]]), np.zeros(1)).decide() == [(0, 1.0)]


def test_rows_become_shares():
    assert normalised(np.array([[1.0, 3.0], [2.0, 2.0]])).tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert from_logs(np.log([[1.0, 3.0]]) + 1000)[0] == pytest.approx([0.25, 0.75])
    assert from_logs(np.array([[-1e9, 0.0]])).tolist() == [[0.0, 1.0]]


def test_a_temperature_above_1_makes_less_sure_and_keeps_the_order():
    posterior = np.array([[0.7, 0.2, 0.1], [0.0, 0.0, 1.0]])
    cooler = tempered(posterior, 2.0)
    assert cooler.sum(axis=1) == pytest.approx([1, 1])
    assert (cooler.max(axis=1) < posterior.max(axis=1)).all()
    assert (cooler.argsort(axis=1)[0] == posterior.argsort(axis=1)[0]).all()
    assert tempered(posterior, 0.5)[0, 0] > 0.7
    assert tempered(posterior, 1.0) is posterior
    assert tempered(np.zeros((0, 3)), 2.0).shape == (0, 3)
