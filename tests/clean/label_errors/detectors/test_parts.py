"""From parts of a target to the whole."""

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors.parts import joined


@pytest.mark.parametrize(("way", "odds"), [("part", -3.0), ("stretch", -4.0), ("sum", -7.0)])
def test_log_odds_of_parts_are_joined(way, odds):
    assert joined(np.array([1.0, -2.0, -2.0, 0.5, -3.0]), way) == odds
    assert joined(np.array([1.0, 0.5]), way) == 0.5
