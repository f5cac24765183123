"""Shares and their intervals, corrected p-values."""

import pytest

from pipeline.stats.intervals import difference_of_shares, holm, share_of, stratified, wilson


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_shares_by_published_examples():
    assert wilson(95, 100) == pytest.approx((0.8882, 0.9785), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
    found = difference_of_shares((56, 70), (48, 80))  # Newcombe 1998, table II, example a, method 10
    assert (found["value"], found["low"], found["high"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_a_stratified_share_is_weighted_and_one_stratum_is_a_plain_sample():
    assert stratified([(1.0, 3, 50)]) == share_of(3, 50)
    found = stratified([(0.9, 3, 90), (0.1, 9, 30)])
    assert found["value"] == pytest.approx(0.06)
    assert found["low"] < 0.06 < found["high"] < share_of(0.06 * 60, 60)["high"]
    none = stratified([(0.5, 0, 10), (0.5, 0, 10)])
    assert (none["value"], none["low"]) == (0, 0)
    assert none["high"] == pytest.approx(wilson(0, 20)[1], abs=1e-6)
    everything = stratified([(0.5, 10, 10), (0.5, 10, 10)])
    assert (everything["value"], everything["high"]) == (1, 1)
    assert 0.7 < everything["low"] < 1
