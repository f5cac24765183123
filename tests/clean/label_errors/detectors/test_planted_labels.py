"""Planted label noise."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.label_errors.detectors.planted_labels import plant_labels


@given(st.integers(2, 6), st.integers(0, 5), st.floats(0.05, 0.4))
@settings(max_examples=30, deadline=None)
def test_planted_noise_is_wrong_labels_at_about_the_rate(classes, seed, rate):
    labels = np.arange(500) % classes
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(classes), 500)
    ids = [f"r{n}" for n in range(500)]
    noisy = plant_labels(labels, probabilities, ids, rate, str(seed))
    assert abs((noisy != labels).mean() - rate) < 0.09
    assert noisy.min() >= 0
    assert noisy.max() < classes
    assert (plant_labels(labels[:50], probabilities[:50], ids[:50], rate, str(seed)) != labels[:50]).tolist() == (
        noisy[:50] != labels[:50]
    ).tolist()
