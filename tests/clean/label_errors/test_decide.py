"""Decisions on suspected targets whose scores are given."""

import numpy as np

from pipeline.clean.label_errors.decide import Scored
from pipeline.clean.label_errors.detectors.contract import Scores
from tests.clean.records import make


def test_which_of_equally_suspected_labels_come_first_does_not_depend_on_their_order():
    records = [make(f"item {n} 第{n}件", "good") for n in range(20)]
    half = np.full(20, 0.5)
    scores = Scores(np.full(20, -1.0), ["bad"] * 20, half, half > 0, half, [""] * 20)
    found = set()
    for some in (records, records[::-1]):
        scored = Scored(list(range(20)), 20, some, scores, np.zeros(20, np.int64))
        found.add(tuple(some[place].id for place in scored.suspected({}, 20)[:5]))
    assert len(found) == 1
