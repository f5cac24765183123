"""The map of a version."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.validate.semantic_coverage import coverage
from tests.validate.conftest import view
from tests.validate.topics import many, profiled


def test_the_map_groups_topics_and_names_thin_regions():
    found: Any
    found, points = coverage(view(many()), 240)
    assert points.num_rows == 240 - 48 + 48
    assert found["test_reached"] > 0.8
    assert np.ptp(points.column("x").to_numpy()) > 0.5
    words = " ".join(word for region in found["regions"] for word in region["words"])
    assert "battery" in words
    assert "家" in words


def test_the_map_can_be_left_out():
    looked_at, points = profiled(many(30), map_records=0)
    assert points.num_rows == 0
    assert looked_at.profile["quality_scores"]["coverage"]["score"] is None
