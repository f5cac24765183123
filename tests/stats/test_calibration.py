"""The one expected calibration error, and the bins of the reliability diagram."""

import numpy as np
import pytest

from pipeline.stats.calibration import bin_numbers, expected_calibration_error, reliability
from pipeline.stats.scores import plain


def test_ece_and_its_bins_by_hand():
    confidence, correct = np.array([0.95, 0.95, 0.65, 0.65]), np.array([1.0, 0.0, 1.0, 1.0])
    # bin .9: |.95 - .5| x 2/4; bin .6: |.65 - 1| x 2/4
    assert plain(expected_calibration_error(confidence, correct), 4) == pytest.approx(0.4)
    assert reliability(confidence, correct) == [
        {"confidence": 0.65, "accuracy": 1.0, "count": 2, "bin": "0.60-0.70"},
        {"confidence": 0.95, "accuracy": 0.5, "count": 2, "bin": "0.90-1.00"},
    ]


def test_ece_is_the_gap_of_the_bins_by_size():
    rng = np.random.default_rng(0)
    confidence = rng.random(500)
    correct = (rng.random(500) < confidence**2).astype(float)
    rows = reliability(confidence, correct, bins=15)
    by_hand = sum(row["count"] * abs(row["confidence"] - row["accuracy"]) for row in rows) / 500
    assert plain(expected_calibration_error(confidence, correct, bins=15), 500) == pytest.approx(by_hand, abs=1e-5)
    assert by_hand > 0.1


def test_a_resample_counts_rows_as_often_as_it_draws_them():
    metric = expected_calibration_error(np.array([0.8, 0.3]), np.array([1.0, 0.0]))
    assert metric(np.array([[2.0, 0.0], [0.0, 1.0]])) == pytest.approx([0.2, 0.3])
    assert np.isnan(metric(np.zeros((1, 2)))[0])


def test_certainty_falls_into_the_last_bin_and_no_row_fills_none():
    assert bin_numbers(np.array([0.0, 0.1, 0.999, 1.0]), 10).tolist() == [0, 1, 9, 9]
    assert reliability(np.zeros(0), np.zeros(0)) == []
