"""The estimated share of wrong targets, on models and labels whose errors are known."""

from typing import Any

import numpy as np
import pytest

from pipeline.clean.label_errors.label_noise import LabelNoise, Share, label_noise, noise_notes, rises_with
from tests.clean.label_errors.modelled_labels import CLASSES, modelled, name, scores


def estimate(found, labels):
    return label_noise(found, [name(code) for code in labels], labels)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("hard", [0.0, 0.4])
def test_intervals_cover_the_truth_in_most_draws(rate, hard):
    covered = []
    for seed in range(10):
        found, labels, true = modelled(rate, hard, count=3000, seed=seed)
        noise = estimate(found, labels)
        wrong = (labels != true).mean()
        covered.append(noise.share is None or noise.share.low <= wrong <= noise.share.high)
        for code, share in noise.by_class.items():
            of_class = (labels != true)[labels == code].mean()
            assert share is None or share.low - 0.03 <= of_class <= share.high + 0.03
    assert np.mean(covered) >= 0.85


def test_a_clean_set_is_told_to_be_clean():
    share = estimate(*modelled(0.0, 0.4)[:2]).share
    assert share.low == 0.0
    assert share.value <= 0.01
    assert share.high < 0.025


def test_models_that_know_nothing_tell_nothing():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(2, 50.0), 2000)
    labels = rng.integers(0, 2, 2000)
    noise = estimate(scores(labels, probabilities.argmax(axis=1), probabilities), labels)
    assert noise.share is None
    assert "too often" in noise.why


def test_a_small_class_that_models_do_not_see_is_no_noise():
    rng = np.random.default_rng(0)
    labels = (rng.random(2000) < 0.1).astype(int)
    probabilities = np.stack([rng.uniform(0.8, 0.95, 2000)] * 2, axis=1)
    noise = estimate(scores(labels, np.zeros(2000, int), probabilities), labels)
    assert noise.share is None
    assert "largest class" in noise.why


def test_models_that_know_little_tell_nothing_though_their_interval_is_narrow():
    """Draw 39 of the benchmark's weak features with 30 % noise: the floor says 57 to 68 %."""
    from benchmarks import noise_coverage

    world = noise_coverage.WORLDS["weak"](np.random.default_rng([47, 39]), 1500)
    labels = noise_coverage.symmetric(np.random.default_rng([47, 39, 30]), world, 0.3)
    noise = label_noise(*noise_coverage.scored(world, labels))
    assert noise.share is None
    assert "too often" in noise.why


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3])
def test_classes_have_figures_where_half_of_them_can(rate):
    for seed in range(5):
        noise = estimate(*modelled(rate, 0.4, count=3000, seed=seed)[:2])
        told = sum(share is not None for share in noise.by_class.values())
        assert told == 0 or 2 * told >= len(noise.by_class)


def test_targets_without_classes_have_one_figure():
    found, labels, true = modelled(0.1, 0.4)
    noise = label_noise(found, labels.tolist(), np.zeros(len(labels), np.int64))
    assert noise.share.low <= (labels != true).mean() <= noise.share.high
    assert noise.by_class == {}
    assert noise_notes(noise, found, labels.tolist(), np.zeros(len(labels), np.int64))["label_noise"]["classes"] == {}


def test_an_estimate_that_does_not_rise_with_planted_errors_is_withdrawn():
    noise = LabelNoise(Share(0.1, 0.08, 0.12), {0: None})
    assert rises_with(noise, {"symmetric": (Share(0.19, 0.17, 0.22), 0.1), "confused": (None, 0.1)}) is noise
    withdrawn = rises_with(noise, {"symmetric": (Share(0.11, 0.09, 0.13), 0.1)})
    assert withdrawn.share is None
    assert "symmetric" in withdrawn.why
    untold = LabelNoise(None, why="few")
    assert rises_with(untold, {"symmetric": (Share(0.5, 0.4, 0.6), 0.1)}) is untold


def test_notes_name_the_figure_or_none():
    found, labels, _ = modelled(0.1, count=3000)
    given = [name(code) for code in labels]
    notes: Any = noise_notes(estimate(found, labels), found, given, labels)["label_noise"]
    assert notes["records"] == 3000
    assert set(notes["classes"]) == {name(code) for code in range(CLASSES)}
    assert sum(one["suspected"] for one in notes["classes"].values()) == notes["suspected"]
    assert set(notes["share"]) == {"value", "low", "high"}
    untold = noise_notes(LabelNoise(None, why="few"), found, given, labels)["label_noise"]
    assert (untold["share"], untold["cannot_tell"]) == (None, "few")
    assert untold["classes"][name(0)]["share"] is None
