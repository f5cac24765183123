"""The floor of contradictions among the clearest records is the share of wrong targets."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clean.label_errors.contradiction_floor import FLOORS, floor_of, places_by_class


def contradicted(rng, wrong, places, steepness=6.0):
    """Records contradicted by wrong targets everywhere, and by the model's own errors where they are unclear."""
    own = 1 / (1 + np.exp(-(steepness * (places - 1)))) * 0.8
    return rng.random(len(places)) < wrong + (1 - wrong) * own


@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.3])
def test_the_share_of_wrong_targets_lies_in_the_interval(wrong):
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(12):
        places = rng.random(4000)
        found = floor_of(contradicted(rng, wrong, places), places)
        hits += found.low - 0.005 <= wrong <= found.high + 0.005
        assert found.low <= found.value <= found.high
    assert hits >= 10


def test_more_records_narrow_the_interval():
    rng = np.random.default_rng(0)
    few, many = (rng.random(count) for count in (200, 3000))
    width = [found.high - found.low for found in (floor_of(contradicted(rng, 0.1, p), p) for p in (few, many))]
    assert width[1] < width[0] / 2


def test_where_nothing_is_known_the_interval_is_wide():
    found = floor_of(np.zeros(0, bool), np.zeros(0))
    assert (found.low, found.high) == (FLOORS[0], FLOORS[-1])
    one = floor_of(np.array([True]), np.array([0.01]))
    assert one.high - one.low > 0.5


def test_a_flat_curve_is_all_floor_only_where_errors_are_known_to_thin_out():
    rng = np.random.default_rng(1)
    places = rng.random(3000)
    flat = rng.random(3000) < 0.2
    assert floor_of(flat, places, steep=True).low > 0.1
    assert floor_of(flat, places).low <= floor_of(flat, places, steep=True).low


def test_wrong_targets_of_two_classes_are_contradicted_less_often_than_they_coincide():
    rng = np.random.default_rng(2)
    places = rng.random(3000)
    seen = contradicted(rng, 0.1, places)
    assert floor_of(seen, places, classes=2).value == pytest.approx(floor_of(seen, places).value, abs=0.03)


def test_places_are_counted_within_the_predicted_class():
    clarity = np.array([0.9, 0.5, 0.8, 0.99, 0.6])
    predicted = np.array([0, 0, 1, 0, 1])
    assert places_by_class(clarity, predicted).tolist() == pytest.approx([0.5, 5 / 6, 0.25, 1 / 6, 0.75])
    assert places_by_class(np.zeros(0), np.zeros(0, int)).tolist() == []


def test_equally_clear_records_keep_their_order():
    assert places_by_class(np.full(2, 0.5), np.zeros(2, int)).tolist() == [0.25, 0.75]
