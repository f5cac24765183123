"""Division that survives zero, rounding that hides the order of summation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.stats.numbers import divide, rounded


def test_nothing_is_divided_by_zero():
    found = divide(np.array([1.0, 1.0, 0.0]), np.array([2.0, 0.0, 0.0]), otherwise=-1.0)
    assert found.tolist() == [0.5, -1.0, -1.0]
    assert divide(np.zeros(0), np.zeros(0)).tolist() == []


@pytest.mark.parametrize(("value", "shown"), [(0.1 + 0.2, 0.3), (1 / 3, 0.333333), (-1e-9, 0.0), (2, 2.0)])
def test_figures_have_six_digits(value, shown):
    assert rounded(value) == shown
    assert math.copysign(1, rounded(value)) == 1


def test_the_order_of_summation_does_not_show():
    parts = [0.1, 0.7, 1e-9, 0.2, 3.3]
    assert rounded(sum(parts)) == rounded(sum(parts[::-1]))
