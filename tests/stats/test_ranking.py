"""Rankings."""

import numpy as np
import pytest

from pipeline.stats.ranking import average_precision


def test_average_precision_by_hand():
    assert average_precision(np.array([True, False, True]), np.array([3.0, 2.0, 1.0])) == pytest.approx(5 / 6)


def test_nothing_sought_scores_nothing():
    assert average_precision(np.zeros(3, bool), np.arange(3.0)) == 0.0
    assert average_precision(np.zeros(0, bool), np.zeros(0)) == 0.0
