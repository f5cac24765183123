import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from pipeline.stats.bootstrap import difference, estimate, masked, mean_of, ratio_of, resample, summarise
from pipeline.stats.intervals import difference_of_shares, holm, share_of, stratified, wilson
from pipeline.stats.scores import class_scores


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


@pytest.mark.parametrize("classes", [2, 3, 200])
def test_macro_scores_equal_scikit_learn_on_the_whole_and_on_resamples(classes):
    rng = np.random.default_rng(classes)
    given, said = rng.integers(0, classes, (2, 500))
    eye = np.eye(classes)
    metrics = class_scores(eye[given], eye[said])
    drawn = np.concatenate(list(resample(500, 2, 0)))
    for weights in (np.ones(500), *drawn):
        rows = np.repeat(np.arange(500), weights.astype(int))
        for name, judge in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
            expected = judge(given[rows], said[rows], average="macro", zero_division=0)
            assert metrics[name](weights[None])[0] == pytest.approx(expected)


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
