"""Geometry of the charts: numbers in, coordinates out. Colours and text are the templates' business."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH, _TOP, _TALL, _LEFT, _RIGHT = 1120, 58, 190, 8, 150  # pixels, guesses: not measured
_BAR, _REASONS, _LINE = 10, 4, 19  # guesses: not measured


def _lowest(boxes: Sequence[Mapping[str, Any]], at_least: float) -> float:
    """Where the lowest of the boxes ends."""
    return max([at_least, *(float(box["y"] + box["height"]) for box in boxes)])


def sankey(flow: Mapping[str, Any]) -> dict[str, object] | None:
    """Bars, ribbons and labels of the flow of counts; None where nothing flowed."""
    stages: Sequence[Mapping[str, Any]] = flow["stages"]
    largest = max((stage["in"] + stage["added"] for stage in stages), default=0)
    if not largest:
        return None
    scale = _TALL / largest
    step = (_WIDTH - _LEFT - _RIGHT) / len(stages)
    bars = [
        {**stage, "x": _LEFT + n * step, "height": scale * (stage["in"] + stage["added"])}
        for n, stage in enumerate(stages)
    ]
    ends = _ends(flow["ends"], scale)
    floor = max(_TOP + max(bar["height"] for bar in bars), _lowest(ends[-1:], _TOP))
    drops = [drop for bar in bars for drop in _drops(bar, scale, floor + 26)]
    bottom = _lowest(drops, floor)
    shape = [{"x": _round(b["x"]), "y": _TOP, "height": _round(max(b["height"], 2)), **_plain(b)} for b in bars]
    return {
        "width": _WIDTH,
        "height": math.ceil(bottom + 14),
        "bars": shape,
        "ribbons": _ribbons(bars, ends, scale),
        "drops": drops,
        "ends": ends,
    }


def _ribbons(
    bars: Sequence[Mapping[str, Any]], ends: Sequence[Mapping[str, Any]], scale: float
) -> list[dict[str, str]]:
    """Rows that went on to the next stage, that ended in a split, that a stage added."""
    last = bars[-1]
    ribbons = [_onward(bar, after, scale) for bar, after in itertools.pairwise(bars)]
    ribbons += [_band(last["x"] + _BAR, end["from"], end["x"], end["y"], end["height"], "kept") for end in ends]
    return ribbons + [
        _band(bar["x"] - 52, _TOP - 30, bar["x"], _TOP, max(1.5, scale * bar["added"]), "added")
        for bar in bars
        if bar["added"]
    ]


def _plain(bar: Mapping[str, Any]) -> dict[str, Any]:
    return {key: bar[key] for key in ("name", "in", "added", "kept", "dropped")}


def _onward(bar: Mapping[str, Any], after: Mapping[str, Any], scale: float) -> dict[str, str]:
    return _band(
        bar["x"] + _BAR, _TOP, after["x"], _TOP + scale * after["added"], max(1.5, scale * bar["kept"]), "kept"
    )


def _ends(ends: Mapping[str, int], scale: float) -> list[dict[str, Any]]:
    """The splits at the right edge, at least one line of text apart."""
    found: list[dict[str, Any]] = []
    leaves = y = float(_TOP)
    for name, count in ends.items():
        height = max(2.0, scale * count)
        place = {
            "name": name,
            "count": count,
            "x": _WIDTH - _RIGHT,
            "y": _round(y),
            "height": _round(height),
            "from": _round(leaves),
        }
        found.append(place)
        leaves += scale * count
        y += max(height + 6, _LINE + 2)
    return found


def _drops(bar: Mapping[str, Any], scale: float, y: float) -> list[dict[str, Any]]:
    """One ribbon per frequent reason, the rest as one, leaving the bar's foot."""
    named = list(bar["reasons"].items())
    shown = named if len(named) <= _REASONS else named[: _REASONS - 1]
    rest = sum(count for _, count in named[len(shown) :])
    leaves = _TOP + scale * bar["kept"]
    found = []
    for name, count in [*shown, *([("other_reasons", rest)] if rest else [])]:
        height = max(1.5, scale * count)
        band = _band(bar["x"] + _BAR, leaves, bar["x"] + 58, y, height, "dropped")
        found.append(
            {"name": name, "count": count, "x": _round(bar["x"] + 58), "y": _round(y), "height": _round(height), **band}
        )
        leaves += scale * count
        y += max(height + 5, _LINE)
    return found


def _band(x: float, y: float, to_x: float, to_y: float, height: float, kind: str) -> dict[str, str]:
    middle = (x + to_x) / 2
    numbers = [
        x,
        y,
        middle,
        y,
        middle,
        to_y,
        to_x,
        to_y,
        to_x,
        to_y + height,
        middle,
        to_y + height,
        middle,
        y + height,
        x,
        y + height,
    ]
    n = [f"{_round(number):g}" for number in numbers]
    path = f"M{n[0]} {n[1]}C{' '.join(n[2:8])}L{n[8]} {n[9]}C{' '.join(n[10:16])}Z"
    return {"path": path, "kind": kind}


def curve(bins: Sequence[Mapping[str, float]], size: int = 260) -> dict[str, object]:
    """A reliability diagram in a square of `size`: points with area by count, empty bins left out."""
    full = [one for one in bins if one.get("count", one.get("n", 1)) and one.get("accuracy") is not None]
    counts = [one.get("count", one.get("n", 1)) for one in full]
    points = [
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


def whiskers(rows: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Figures with intervals on one axis that begins at a tenth below the lowest: positions in per cent."""
    low = math.floor(min(row["low"] for row in rows) * 10) / 10
    high = max(math.ceil(max(row["high"] for row in rows) * 10) / 10, low + 0.1)
    span = high - low
    placed = [
        {**row, **{f"{key}_at": _round(100 * (row[key] - low) / span) for key in ("low", "value", "high")}}
        for row in rows
    ]
    return {"low": low, "high": high, "rows": placed}


def plane(points: Sequence[Mapping[str, Any]], names: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Points stretched over 1000 by 420, and those names that do not lie on one another, in the order given."""
    ends = [(min(p[axis] for p in points), max(p[axis] for p in points)) for axis in ("x", "y")]

    def at(one: Mapping[str, object]) -> list[float]:
        x, y = ((one[axis] - low) / max(high - low, 1e-9) for axis, (low, high) in zip("xy", ends, strict=True))
        return [_round(1000 * min(max(x, 0), 1)), _round(420 * (1 - min(max(y, 0), 1)))]

    written: list[dict[str, Any]] = []
    for one in names:
        place = at(one)
        place[0] = _round(min(max(place[0], 4.0 * len(one["name"])), 1000 - 4.0 * len(one["name"])))
        if not any(_overlap(place, other["at"]) for other in written):
            written.append({"name": one["name"], "at": place})
    return {"points": [{**point, "at": at(point)} for point in points], "names": written}


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two names, about 150 wide and 18 high, would be written over each other."""
    return abs(one[0] - other[0]) <= 150 and abs(one[1] - other[1]) <= 18


def growth(points: Sequence[Sequence[float]], width: int = 560, height: int = 200) -> dict[str, Any]:
    """A curve from the origin: points, a polyline and round ticks on both axes."""
    right, top = (max(point[axis] for point in points) for axis in (0, 1))
    placed = [
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


def paths(
    series: Sequence[Mapping[str, Any]], level: float | None, width: int = 560, height: int = 220
) -> dict[str, object]:
    """Curves of shares by counts: polylines, and ticks at round tenths around what the curves span."""
    right = max(x for one in series for x, _ in one["points"])
    low, high = _tenths_around([y for one in series for _, y in one["points"]], level)

    def up(y: float) -> float:
        return _round(height * (1 - (y - low) / (high - low)))

    def along_the_width(x: float) -> float:
        return _round(width * x / right)

    def placed(points: Sequence[Sequence[float]]) -> dict[str, object]:
        found = [{"x": along_the_width(x), "y": up(y), "value": [x, y]} for x, y in points]
        return {"points": found, "line": _polyline(found)}

    drawn = [{**one, **placed(one["points"])} for one in series]
    tenths = [low + k / 10 for k in range(round((high - low) * 10) + 1)]
    ticks = [{"at": up(tenth), "value": round(tenth, 1)} for tenth in tenths]
    along = [{"at": _round(width * value / right), "value": value} for value in _ticks(right)]
    shape = {"width": width, "height": height, "up": ticks, "along": along}
    return {**shape, "series": drawn, "level": None if level is None else up(level)}


def columns(block: Mapping[str, Any], width: int = 320, height: int = 96) -> dict[str, Any]:
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


def _polyline(points: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(f"{point['x']:g},{point['y']:g}" for point in points)


def _ticks(most: float) -> list[float]:
    """Zero and up to five round steps below `most`."""
    step = 10 ** math.floor(math.log10(max(most, 1)))
    step = next(one for one in (step / 5, step / 2, step, 2 * step) if most / one <= 5)
    return [_round(n * step) for n in range(int(most / step) + 1)]


def _round(number: float) -> float:
    return round(number, 1)
