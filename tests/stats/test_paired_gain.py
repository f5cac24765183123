"""Paired gains over seeds and rows, and the one rule for 'does this help?'."""

import numpy as np
import pytest

from pipeline.stats.bootstrap import Estimate, mean_of
from pipeline.stats.paired_gain import Draws, draw, over_seeds, paired_gain, verdict
from pipeline.stats.scores import plain


def right(share, rows, seed):
    return mean_of((np.random.default_rng(seed).random(rows) < share).astype(float))


@pytest.mark.parametrize(
    ("value", "p", "expected"),
    [
        (0.1, 0.01, "helped"),
        (-0.1, 0.01, "hurt"),
        (0.1, 0.2, "no_measurable_effect"),
        (0.1, 0.05, "no_measurable_effect"),  # below alpha, not at it
        (0.0, 1.0, "no_measurable_effect"),
    ],
)
def test_verdict(value, p, expected):
    assert verdict(Estimate(value, 0, 0, p), p, 0.05) == expected
    other = {"helped": "hurt", "hurt": "helped"}
    assert verdict(Estimate(value, 0, 0, p), p, 0.05, lower_is_better=True) == other.get(expected, expected)


def test_the_corrected_p_decides_not_the_estimates_own():
    assert verdict(Estimate(0.1, 0.01, 0.2, 0.03), 0.09, 0.05) == "no_measurable_effect"


def test_a_clear_gain_helps_and_the_same_models_gain_nothing():
    good, poor = ([right(share, 400, (seed, n)) for seed in range(4)] for n, share in enumerate((0.9, 0.6)))
    found = paired_gain(good, poor, [400] * 4, same_rows=True)
    assert found.value == pytest.approx(0.3, abs=0.05)
    assert found.low < found.value < found.high
    assert verdict(found, found.p, 0.05) == "helped"
    assert paired_gain(poor, poor, [400] * 4, same_rows=True) == Estimate(0, 0, 0, 1)
    assert verdict(paired_gain(poor, good, [400] * 4, same_rows=True), 0.0, 0.05) == "hurt"


def test_pairing_takes_out_what_rows_and_seeds_share():
    hard = np.random.default_rng(0).random(300) < 0.5  # half of the rows are beyond all models
    first = [mean_of(np.where(hard, 0.0, 1.0)) for _ in range(3)]
    second = [mean_of(np.where(hard, 0.0, np.arange(300) % 20 != seed)) for seed in range(3)]
    paired = paired_gain(first, second, [300] * 3, same_rows=True)
    alone = over_seeds(draw([{"m": one} for one in first], 300, 1000, 0)["m"], 0, 0.95)
    assert paired.high - paired.low < (alone.high - alone.low) / 2


def test_seeds_on_rows_of_their_own_are_drawn_apart():
    sizes = [30, 50, 40]
    first, second = ([right(share, n, (n, part)) for n in sizes] for part, share in enumerate((0.8, 0.7)))
    found = paired_gain(first, second, sizes, same_rows=False)
    gaps = [plain(a, n) - plain(b, n) for a, b, n in zip(first, second, sizes, strict=True)]
    assert found.value == pytest.approx(np.mean(gaps))
    assert found.low < found.value < found.high


def test_a_null_is_called_an_effect_about_as_often_as_alpha_says():
    called = 0
    for trial in range(100):
        first, second = ([right(0.7, 200, (trial, part, seed)) for seed in range(5)] for part in range(2))
        found = paired_gain(first, second, [200] * 5, same_rows=False, resamples=200, seed=trial)
        called += verdict(found, found.p, 0.05) != "no_measurable_effect"
    assert called <= 12


def test_the_interval_is_wider_at_a_higher_level_and_covers_the_seeds():
    drawn = Draws(0.5, np.tile([0.1, 0.5, 0.9], (500, 1)))  # rows do not matter, seeds do
    narrow, wide = over_seeds(drawn, 0, 0.5), over_seeds(drawn, 0, 0.99)
    assert wide.low < narrow.low < 0.5 < narrow.high < wide.high
    assert over_seeds(Draws(0.5, np.full((500, 3), 0.5)), 0, 0.95).low == 0.5


def test_one_seed_and_one_row():
    assert paired_gain([mean_of([1.0])], [mean_of([0.0])], [1], same_rows=True) == Estimate(1, 1, 1, 0)
