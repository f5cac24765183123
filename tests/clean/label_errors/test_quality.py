"""What is measured on planted errors."""

import numpy as np

from pipeline.clean.label_errors.quality import at_thresholds


def test_relabelling_from_a_confidence_on_by_hand():
    given, true = np.array([0, 1, 1, 0]), np.array([1, 1, 0, 0])
    suggested, wrong = np.array([1, 0, 2, 0]), given != true
    (found,) = at_thresholds(suggested != given, wrong & (suggested == true), wrong, np.full(4, 0.9), [0.8])
    assert (found.changed, found.right, found.caught) == (3, 1, 2)
