"""Regularisation strength by how well planted errors rank."""

from __future__ import annotations

import numpy as np

from pipeline.clean.label_errors.detectors.regularisation import STRENGTHS, tuned_C
from tests.clean.records import make


def rows(count, classes=2, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    vectors = (np.eye(classes)[labels] + rng.normal(0, noise, (count, classes))).astype(np.float32)
    return vectors, [make(f"文 {n}", f"c{label}") for n, label in enumerate(labels)]


def test_a_strength_of_the_list_is_chosen_and_the_same_twice():
    vectors, records = rows(120)
    found = tuned_C(vectors, records, 0.2, 0)
    assert found in STRENGTHS
    assert tuned_C(vectors, records, 0.2, 0) == found


def test_the_order_of_records_does_not_matter():
    vectors, records = rows(120, noise=0.6)
    assert tuned_C(vectors[::-1].copy(), records[::-1], 0.2, 0) == tuned_C(vectors, records, 0.2, 0)


def test_one_class_and_no_record_have_the_usual_strength():
    vectors, records = rows(20, classes=1)
    assert tuned_C(vectors, records, 0.1, 0) == 3.0
    assert tuned_C(np.zeros((0, 2), np.float32), [], 0.1, 0) == 3.0
