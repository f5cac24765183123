from typing import Any

import numpy as np
import pytest

from pipeline.stats.paired_gain import draw
from pipeline.value.learning_curve import _gain_of_doubling, learning_curve
from pipeline.value.linear_probe import linear_probe
from pipeline.value.variants import build


def test_the_curve_rises_and_says_what_more_would_bring(noisy, task, models, params):
    variants = build(noisy, task, 4000)
    examples = variants.train["raw"]
    trial = linear_probe([examples], variants.test, models.encoder, params.seeds, params.C)
    whole = draw(trial(examples), len(variants.test), params.resamples, params.seed)["macro_f1"]
    found: Any = learning_curve(examples, whole, trial, len(variants.test), params)
    sizes = [point["records"] for point in found["points"]]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len({example.root for example in examples}) == pytest.approx(8 * sizes[0], abs=8)
    assert found["points"][0]["value"] < found["points"][-1]["value"]
    assert found["doubled"]["low"] <= found["doubled"]["value"] <= found["doubled"]["high"]
    assert "Twice the" in found["sentence"]
    forecast, measured = found["forecast"], found["points"][-1]
    assert forecast["value"] == pytest.approx(measured["value"] + found["doubled"]["value"])
    assert forecast["high"] - forecast["low"] > 0.7 * (measured["high"] - measured["low"])


def test_doubling_reads_a_power_law_off_exactly():
    sizes = np.log([100.0, 200.0, 400.0])
    errors = 0.8 * np.array([100.0, 200.0, 400.0]) ** -0.5
    expected = 0.8 * (400**-0.5 - 800**-0.5)
    assert _gain_of_doubling(sizes, (1 - errors)[:, None])[0] == pytest.approx(expected)
