"""Geometry of the drawings."""

from __future__ import annotations

from typing import Any

from pipeline.report.draw import curve, growth, paths, plane, whiskers


def test_a_curve_leaves_out_empty_bins():
    shape: Any = curve(
        [{"confidence": 0.5, "accuracy": 0.25, "count": 4}, {"confidence": 0.9, "accuracy": 0.9, "count": 0}], size=100
    )
    assert [(p["x"], p["y"]) for p in shape["points"]] == [(50, 75)]
    assert curve([])["points"] == []


def test_whiskers_share_one_axis():
    shape: Any = whiskers([{"name": "f1", "value": 0.75, "low": 0.72, "high": 0.78}])
    assert (shape["low"], shape["high"]) == (0.7, 0.8)
    assert shape["rows"][0]["value_at"] == 50


def test_names_on_the_map_never_lie_on_one_another():
    points: list[Any] = [{"x": -1, "y": 0}, {"x": 1, "y": 2}]
    names: list[Any] = [
        {"x": 0, "y": 1, "name": "one"},
        {"x": 0.05, "y": 1, "name": "two"},
        {"x": 0, "y": 0, "name": "three"},
    ]
    shape: Any = plane(points, names)
    assert [one["at"] for one in shape["points"]] == [[0, 420], [1000, 0]]
    assert [one["name"] for one in shape["names"]] == ["one", "three"]


def test_a_curve_has_round_ticks():
    shape: Any = growth([[10, 5], [40, 12]])
    assert [tick["value"] for tick in shape["along"]] == [0, 10, 20, 30, 40]
    assert shape["points"][-1]["x"] == shape["width"]


def test_curves_share_one_scale_of_round_tenths():
    series: list[Any] = [
        {"name": "ours", "points": [(10, 0.62), (90, 0.81)]},
        {"name": "random", "points": [(10, 0.55), (90, 0.8)]},
    ]
    shape: Any = paths(series, 0.83)
    assert [tick["value"] for tick in shape["up"]] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert [one["name"] for one in shape["series"]] == ["ours", "random"]
    assert all(0 <= point["y"] <= shape["height"] for one in shape["series"] for point in one["points"])
    assert shape["series"][0]["points"][1]["x"] == shape["width"]
    assert 0 < shape["level"] < shape["series"][0]["points"][1]["y"]
    flat: Any = paths([{"name": "flat", "points": [(5, 1.0), (9, 1.0)]}], None)
    assert flat["up"][0]["value"] == 1.0
