"""Majority vote."""

from __future__ import annotations

import pytest

from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import encode


def test_a_tie_is_left_open_by_majority():
    votes = encode([("a", "x", "好"), ("a", "y", "坏"), ("b", "x", "好"), ("b", "y", "好"), ("b", "z", "坏")])
    assert aggregate(votes, "majority").decide() == [None, (votes.labels.index("好"), pytest.approx(2 / 3))]


@pytest.mark.parametrize("rows", [[("a", "x", "好")], [("a", "x", "好"), ("a", "y", "坏")]])
def test_one_item_is_decided_or_left_open(rows):
    [decided] = aggregate(encode(rows), "dawid_skene").decide()
    assert (decided is None) == (len(rows) == 2)
