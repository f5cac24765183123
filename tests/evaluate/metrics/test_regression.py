import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error, r2_score

from pipeline.core.record import Record, Source
from pipeline.core.settings import Task
from pipeline.evaluate.metrics import regression
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction

PARAMS = Params(resamples=200)


NUMBER = Task(type="regression")


def records(targets, lang="en"):
    return [Record(f"r{n}", {}, Source("s", "files", "f", n, "", "train"), t, lang) for n, t in enumerate(targets)]


def plain(evaluation, name):
    return float(evaluation.metrics[name](np.ones((1, len(evaluation.correct))))[0])


def test_numbers_are_scored_as_scipy_and_scikit_learn_score_them():
    rng = np.random.default_rng(3)
    given = rng.integers(0, 9, 60).astype(float)  # with ties
    said = given * 0.5 + rng.normal(size=60).round(1)
    evaluation = regression.compute_metrics(
        records(given.tolist()), [Prediction(float(s)) for s in said], NUMBER, PARAMS
    )
    weights = np.stack([np.ones(60), rng.integers(0, 4, 60)]).astype(float)
    for row, count in enumerate(weights.astype(int)):
        a, b = np.repeat(given, count), np.repeat(said, count)
        expected = {
            "mae": mean_absolute_error(a, b),
            "pearson": stats.pearsonr(a, b)[0],
            "spearman": stats.spearmanr(a, b)[0],
            "r2": r2_score(a, b),
        }
        for name, value in expected.items():
            assert evaluation.metrics[name](weights)[row] == pytest.approx(value), name
    assert len({actual for actual, _ in evaluation.confusion}) == 5
    assert evaluation.reliability == []


def test_equal_numbers_have_no_correlation():
    evaluation = regression.compute_metrics(records([2.0, 2.0]), [Prediction(1.0), Prediction(1.0)], NUMBER, PARAMS)
    assert plain(evaluation, "pearson") == plain(evaluation, "r2") == 0.0
    assert plain(evaluation, "mae") == 1.0
