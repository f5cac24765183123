from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.calibration import calibrate, lowest_threshold
from pipeline.label.params import Prelabel


def confident(rows, shares, seed=0):
    """Confidences and whether each answer was right: right with a probability of confidence x share."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1, rows)
    return sure, rng.uniform(size=rows) < sure * shares


def test_threshold_keeps_its_promise_on_fresh_rows():
    for seed in range(20):
        sure, right = confident(4000, 1.0, seed)
        threshold = lowest_threshold(sure, right, precision=0.9)
        sure, right = confident(4000, 1.0, seed + 100)
        assert right[sure >= threshold].mean() > 0.88


def test_few_lucky_rows_prove_nothing():
    assert lowest_threshold(np.full(20, 0.99), np.ones(20, bool), 0.95) is None
    assert lowest_threshold(np.full(200, 0.99), np.ones(200, bool), 0.95) == 0.99
    assert lowest_threshold(np.zeros(0), np.zeros(0, bool), 0.95) is None


@given(st.integers(0, 2**16), st.floats(0.5, 0.99))
@settings(max_examples=30, deadline=None)
def test_more_precision_never_lowers_the_threshold(seed, precision):
    sure, right = confident(500, 1.0, seed)
    low, high = (lowest_threshold(sure, right, p) for p in (precision - 0.1, precision))
    assert high is None or low <= high


def test_equal_confidences_are_accepted_together():
    sure = np.array([0.9] * 300)
    right = np.array([True] * 150 + [False] * 150)
    assert lowest_threshold(sure, right, 0.8) is None


def test_temperature_mends_overconfidence_out_of_sample():
    rng = np.random.default_rng(3)
    true_logits = rng.normal(size=(3000, 3))
    p = np.exp(true_logits) / np.exp(true_logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in p])
    found = calibrate(true_logits * 4, truth, rng.random(3000) < 0.5, Prelabel())
    assert found.temperature == pytest.approx(4, rel=0.15)
    assert found.report["ece_after"] < 0.03 < 0.2 < found.report["ece_before"]
