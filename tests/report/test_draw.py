"""Geometry of the drawings."""

from __future__ import annotations

import itertools

from pipeline.report.draw import curve, growth, paths, plane, sankey, whiskers

FLOW = {
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


def test_a_curve_leaves_out_empty_bins():
    shape = curve(
        [{"confidence": 0.5, "accuracy": 0.25, "count": 4}, {"confidence": 0.9, "accuracy": 0.9, "count": 0}], size=100
    )
    assert [(p["x"], p["y"]) for p in shape["points"]] == [(50, 75)]
    assert curve([])["points"] == []


def test_whiskers_share_one_axis():
    shape = whiskers([{"name": "f1", "value": 0.75, "low": 0.72, "high": 0.78}])
    assert (shape["low"], shape["high"]) == (0.7, 0.8)
    assert shape["rows"][0]["value_at"] == 50


def test_names_on_the_map_never_lie_on_one_another():
    points = [{"x": -1, "y": 0}, {"x": 1, "y": 2}]
    names = [{"x": 0, "y": 1, "name": "one"}, {"x": 0.05, "y": 1, "name": "two"}, {"x": 0, "y": 0, "name": "three"}]
    shape = plane(points, names)
    assert [one["at"] for one in shape["points"]] == [[0, 420], [1000, 0]]
    assert [one["name"] for one in shape["names"]] == ["one", "three"]


def test_a_curve_has_round_ticks():
    shape = growth([[10, 5], [40, 12]])
    assert [tick["value"] for tick in shape["along"]] == [0, 10, 20, 30, 40]
    assert shape["points"][-1]["x"] == shape["width"]


def test_curves_share_one_scale_of_round_tenths():
    series = [
        {"name": "ours", "points": [(10, 0.62), (90, 0.81)]},
        {"name": "random", "points": [(10, 0.55), (90, 0.8)]},
    ]
    shape = paths(series, 0.83)
    assert [tick["value"] for tick in shape["up"]] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert [one["name"] for one in shape["series"]] == ["ours", "random"]
    assert all(0 <= point["y"] <= shape["height"] for one in shape["series"] for point in one["points"])
    assert shape["series"][0]["points"][1]["x"] == shape["width"]
    assert 0 < shape["level"] < shape["series"][0]["points"][1]["y"]
    assert paths([{"name": "flat", "points": [(5, 1.0), (9, 1.0)]}], None)["up"][0]["value"] == 1.0
