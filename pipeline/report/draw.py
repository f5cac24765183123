"""Geometry of the charts: numbers in, coordinates out. Colours and text are the templates' business."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TypedDict

from pipeline.core.report_types import Figure
from pipeline.stats.histogram import Histogram


class _Spot(TypedDict):
    x: float
    y: float


class _Bin(_Spot):
    r: float
    confidence: float
    accuracy: float
    count: float


def curve(bins: Sequence[Mapping[str, float]], size: int = 260) -> dict[str, object]:
    """A reliability diagram in a square of `size`: points with area by count, empty bins left out."""
    full = [one for one in bins if one.get("count", one.get("n", 1)) and one.get("accuracy") is not None]
    counts = [one.get("count", one.get("n", 1)) for one in full]
    points: list[_Bin] = [
        {
            "x": _round(size * one.get("confidence", one.get("mean_confidence", 0.0))),
            "y": _round(size * (1 - one["accuracy"])),
            "r": _round(3 + 7 * math.sqrt(count / max(counts))),
            "confidence": one.get("confidence", one.get("mean_confidence", 0.0)),
            "accuracy": one["accuracy"],
            "count": count,
        }
        for one, count in zip(full, counts, strict=True)
    ]
    return {"size": size, "points": points, "line": _polyline(points)}


class _Whisker(Figure):
    name: str


def whiskers(rows: Sequence[_Whisker]) -> dict[str, object]:
    """Figures with intervals on one axis that begins at a tenth below the lowest: positions in per cent."""
    low = math.floor(min(row["low"] for row in rows) * 10) / 10
    high = max(math.ceil(max(row["high"] for row in rows) * 10) / 10, low + 0.1)
    span = high - low

    def at(value: float) -> float:
        return _round(100 * (value - low) / span)

    placed = [
        {**row, "low_at": at(row["low"]), "value_at": at(row["value"]), "high_at": at(row["high"])} for row in rows
    ]
    return {"low": low, "high": high, "rows": placed}


class _Named(_Spot):
    name: str


class _Written(TypedDict):
    name: str
    at: list[float]


def plane(points: Sequence[_Spot], names: Sequence[_Named]) -> dict[str, object]:
    """Points stretched over 1000 by 420, and those names that do not lie on one another, in the order given."""
    left, low = (min(values) for values in ([p["x"] for p in points], [p["y"] for p in points]))
    right, high = (max(values) for values in ([p["x"] for p in points], [p["y"] for p in points]))

    def at(one: _Spot) -> list[float]:
        x, y = (one["x"] - left) / max(right - left, 1e-9), (one["y"] - low) / max(high - low, 1e-9)
        return [_round(1000 * min(max(x, 0), 1)), _round(420 * (1 - min(max(y, 0), 1)))]

    written: list[_Written] = []
    for one in names:
        place = at(one)
        place[0] = _round(min(max(place[0], 4.0 * len(one["name"])), 1000 - 4.0 * len(one["name"])))
        if not any(_overlap(place, other["at"]) for other in written):
            written.append({"name": one["name"], "at": place})
    return {"points": [{**point, "at": at(point)} for point in points], "names": written}


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two names, about 150 wide and 18 high, would be written over each other."""
    return abs(one[0] - other[0]) <= 150 and abs(one[1] - other[1]) <= 18


class _Point(_Spot):
    value: Sequence[float]


def growth(points: Sequence[Sequence[float]], width: int = 560, height: int = 200) -> dict[str, object]:
    """A curve from the origin: points, a polyline and round ticks on both axes."""
    right, top = (max(point[axis] for point in points) for axis in (0, 1))
    placed: list[_Point] = [
        {"x": _round(width * x / right), "y": _round(height * (1 - y / max(top, 1))), "value": [x, y]}
        for x, y in points
    ]
    up = [{"at": _round(height * (1 - value / max(top, 1))), "value": value} for value in _ticks(top)]
    along = [{"at": _round(width * value / right), "value": value} for value in _ticks(right)]
    ends = {"width": width, "height": height}
    return {**ends, "points": placed, "line": f"0,{height} {_polyline(placed)}", "up": up, "along": along}


def _tenths_around(values: Sequence[float], level: float | None) -> tuple[float, float]:
    """The round tenths that hold all values, and the level where there is one."""
    every = [*values] if level is None else [*values, level]
    low, high = math.floor(10 * min(every) + 1e-9) / 10, math.ceil(10 * max(every) - 1e-9) / 10
    return low, max(high, low + 0.1)


class _Series(TypedDict):
    name: str
    points: Sequence[tuple[float, float]]


def paths(series: Sequence[_Series], level: float | None, width: int = 560, height: int = 220) -> dict[str, object]:
    """Curves of shares by counts: polylines, and ticks at round tenths around what the curves span."""
    right = max(x for one in series for x, _ in one["points"])
    low, high = _tenths_around([y for one in series for _, y in one["points"]], level)

    def up(y: float) -> float:
        return _round(height * (1 - (y - low) / (high - low)))

    def along_the_width(x: float) -> float:
        return _round(width * x / right)

    def placed(points: Sequence[Sequence[float]]) -> dict[str, object]:
        found: list[_Point] = [{"x": along_the_width(x), "y": up(y), "value": [x, y]} for x, y in points]
        return {"points": found, "line": _polyline(found)}

    drawn = [{**one, **placed(one["points"])} for one in series]
    tenths = [low + k / 10 for k in range(round((high - low) * 10) + 1)]
    ticks = [{"at": up(tenth), "value": round(tenth, 1)} for tenth in tenths]
    along = [{"at": _round(width * value / right), "value": value} for value in _ticks(right)]
    shape = {"width": width, "height": height, "up": ticks, "along": along}
    return {**shape, "series": drawn, "level": None if level is None else up(level)}


def columns(block: Histogram, width: int = 320, height: int = 96) -> dict[str, object]:
    """A histogram: a bar of equal width a bin, a line at each limit, the outer edges written.

    The least bar that can be seen is two high: a filter's business is with its tails.
    """
    edges, counts = block["edges"], block["counts"]
    full = [n for n, count in enumerate(counts) if count]
    places = [_place(at, edges) for at in block["limits"].values()]
    first = max(0, min([full[0], *(math.floor(at) for at in places)]))
    last = min(len(counts), max([full[-1] + 1, *(math.ceil(at) for at in places)]))
    step, most = width / (last - first), max(counts)
    bars = [
        {
            "x": _round(step * (n - first)),
            "width": _round(max(step - 1.5, 1)),
            "height": _round(max(2.0, height * counts[n] / most)),
            "from": edges[n],
            "to": edges[n + 1],
            "count": counts[n],
        }
        for n in full
    ]
    lines = [
        {"name": name, "at": value, "x": _round(step * (place - first)), "end": place - first > (last - first) / 2}
        for (name, value), place in zip(block["limits"].items(), places, strict=True)
    ]
    ends = {"low": edges[first], "high": edges[last], "records": sum(counts), "most": most}
    return {"width": width, "height": height, "bars": bars, "limits": lines, **ends}


def _place(at: float, edges: Sequence[float]) -> float:
    """Where a value stands, in bins from the left; bins are drawn equally wide whatever they span."""
    if at <= edges[0]:
        return 0.0
    for n, (low, high) in enumerate(itertools.pairwise(edges)):
        if at <= high:
            return n + (at - low) / (high - low)
    return float(len(edges) - 1)


def _polyline(points: Sequence[_Spot]) -> str:
    return " ".join(f"{point['x']:g},{point['y']:g}" for point in points)


def _ticks(most: float) -> list[float]:
    """Zero and up to five round steps below `most`."""
    step = 10 ** math.floor(math.log10(max(most, 1)))
    step = next(one for one in (step / 5, step / 2, step, 2 * step) if most / one <= 5)
    return [_round(n * step) for n in range(int(most / step) + 1)]


def _round(number: float) -> float:
    return round(number, 1)
