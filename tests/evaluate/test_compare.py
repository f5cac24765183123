import pytest

from pipeline.evaluate.params import Params

PARAMS = Params(resamples=200, robustness_rows=60)


def test_references_are_compared_in_pairs(report):
    majority = report["baselines"]["majority"]
    assert majority["metrics"]["accuracy"]["value"] == pytest.approx(44 / 120)
    gap = majority["model_minus_reference"]["accuracy"]
    assert gap["value"] == pytest.approx(report["metrics"]["accuracy"]["value"] - 44 / 120, abs=1e-6)
    assert gap["low"] > 0
    assert "macro_f1" in report["baselines"]["tfidf_logistic_regression"]["metrics"]
