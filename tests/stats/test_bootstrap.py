import numpy as np
import pytest

from pipeline.stats.bootstrap import difference, estimate, masked, mean_of, ratio_of, resample, summarise


def test_resample_draws_as_many_rows_as_there_are_and_repeats_itself():
    weights = np.concatenate(list(resample(7, 50, seed=3)))
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == np.concatenate(list(resample(7, 50, seed=3)))).all()


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        right = (rng.random(150) < 0.8).astype(float)
        found = estimate({"accuracy": mean_of(right)}, 150, resamples=300, seed=trial)["accuracy"]
        covered += found.low <= 0.8 <= found.high
    assert 0.90 <= covered / 300 <= 0.98


def test_p_of_a_true_null_is_below_alpha_about_as_often_as_alpha():
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(300):
        a, b = rng.random((2, 200)) < 0.7
        gap = difference(mean_of(a.astype(float)), mean_of(b.astype(float)))
        hits += estimate({"gap": gap}, 200, resamples=200, seed=trial)["gap"].p < 0.05
    assert 0.02 <= hits / 300 <= 0.09


def test_masked_metric_is_the_metric_of_the_part():
    values = np.array([1.0, 0.0, 1.0, 1.0])
    part = masked(mean_of(values), np.array([True, True, False, False]))
    assert part(np.ones((1, 4)))[0] == 0.5


def test_ratio_weighs_rows_by_their_denominator():
    assert ratio_of([2.0, 9.0], [1.0, 3.0])(np.array([[1.0, 1.0], [0.0, 0.0]])) == pytest.approx(
        [2.75, np.nan], nan_ok=True
    )


def test_a_figure_no_row_can_change_is_certain():
    assert summarise(0.0, np.zeros(10)).p == 1.0
    assert summarise(0.3, np.full(10, 0.3)).p == 0.0
    assert summarise(0.3, np.full(10, np.nan)).as_dict() == {"value": 0.3, "low": 0.3, "high": 0.3}
