"""Geometry of the flow of counts."""

from __future__ import annotations

import itertools
from typing import Any

from pipeline.report.flow_chart import sankey

FLOW: Any = {
    "stages": [
        {
            "name": "collect",
            "in": 100,
            "added": 0,
            "kept": 90,
            "dropped": 10,
            "reasons": {f"r{n}": 2 for n in range(5)},
        },
        {"name": "augment", "in": 90, "added": 20, "kept": 100, "dropped": 10, "reasons": {"near_duplicate": 10}},
    ],
    "ends": {"train": 98, "dev": 1, "test": 1},
}


def test_labels_of_the_flow_never_overlap():
    shape = sankey(FLOW)
    for labels in ([d for d in shape["drops"] if d["x"] < 200], shape["ends"]):
        places = [label["y"] + max(label["height"] / 2, 3) for label in labels]
        assert all(b - a >= 14 for a, b in itertools.pairwise(places))
    assert max(drop["y"] + drop["height"] for drop in shape["drops"]) < shape["height"]


def test_rare_reasons_are_drawn_as_one():
    drops = [drop for drop in sankey(FLOW)["drops"] if drop["x"] < 200]
    assert [drop["name"] for drop in drops] == ["r0", "r1", "r2", "other_reasons"]
    assert sum(drop["count"] for drop in drops) == 10


def test_an_empty_flow_is_not_drawn():
    assert sankey({"stages": [], "ends": {}}) is None
