"""Geometry of the flow of counts through the stages: numbers in, coordinates out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from pipeline.report.overview import Flow, StageFlow

_WIDTH, _TOP, _TALL, _LEFT, _RIGHT = 1120, 58, 190, 8, 150  # pixels, guesses: not measured
_BAR, _REASONS, _LINE = 10, 4, 19  # guesses: not measured


class _Box(TypedDict):
    """A label beside a count: where it stands, and how high what it names is."""

    name: str
    count: int
    x: float
    y: float
    height: float


class _Band(TypedDict):
    path: str
    kind: str


class _Drop(_Box, _Band):
    """Rows that left a stage for one reason."""


class _End(_Box):
    """A split that rows end in; `leaves` is where its ribbon leaves the last bar."""

    leaves: float


@dataclass(frozen=True)
class _Bar:
    """A stage, its left edge, and its height in pixels."""

    stage: StageFlow
    x: float
    height: float


def _lowest(boxes: Sequence[_Box], at_least: float) -> float:
    """Where the lowest of the boxes ends."""
    return max([at_least, *(float(box["y"] + box["height"]) for box in boxes)])


def sankey(flow: Flow) -> dict[str, object] | None:
    """Bars, ribbons and labels of the flow of counts; None where nothing flowed."""
    stages = flow["stages"]
    largest = max((stage["in"] + stage["added"] for stage in stages), default=0)
    if not largest:
        return None
    scale = _TALL / largest
    step = (_WIDTH - _LEFT - _RIGHT) / len(stages)
    bars = [_Bar(stage, _LEFT + n * step, scale * (stage["in"] + stage["added"])) for n, stage in enumerate(stages)]
    ends = _ends(flow["ends"], scale)
    floor = max(_TOP + max(bar.height for bar in bars), _lowest(ends[-1:], _TOP))
    drops = [drop for bar in bars for drop in _drops(bar, scale, floor + 26)]
    bottom = _lowest(drops, floor)
    shape = [{"x": _round(b.x), "y": _TOP, "height": _round(max(b.height, 2)), **_plain(b.stage)} for b in bars]
    return {
        "width": _WIDTH,
        "height": math.ceil(bottom + 14),
        "bars": shape,
        "ribbons": _ribbons(bars, ends, scale),
        "drops": drops,
        "ends": ends,
    }


def _ribbons(bars: Sequence[_Bar], ends: Sequence[_End], scale: float) -> list[_Band]:
    """Rows that went on to the next stage, that ended in a split, that a stage added."""
    last = bars[-1]
    ribbons = [_onward(bar, after, scale) for bar, after in itertools.pairwise(bars)]
    ribbons += [_band(last.x + _BAR, end["leaves"], end["x"], end["y"], end["height"], "kept") for end in ends]
    return ribbons + [
        _band(bar.x - 52, _TOP - 30, bar.x, _TOP, max(1.5, scale * bar.stage["added"]), "added")
        for bar in bars
        if bar.stage["added"]
    ]


def _plain(stage: StageFlow) -> dict[str, object]:
    return {key: value for key, value in stage.items() if key in ("name", "in", "added", "kept", "dropped")}


def _onward(bar: _Bar, after: _Bar, scale: float) -> _Band:
    top, height = _TOP + scale * after.stage["added"], max(1.5, scale * bar.stage["kept"])
    return _band(bar.x + _BAR, _TOP, after.x, top, height, "kept")


def _ends(ends: Mapping[str, int], scale: float) -> list[_End]:
    """The splits at the right edge, at least one line of text apart."""
    found: list[_End] = []
    leaves = y = float(_TOP)
    for name, count in ends.items():
        height = max(2.0, scale * count)
        place: _End = {
            "name": name,
            "count": count,
            "x": _WIDTH - _RIGHT,
            "y": _round(y),
            "height": _round(height),
            "leaves": _round(leaves),
        }
        found.append(place)
        leaves += scale * count
        y += max(height + 6, _LINE + 2)
    return found


def _drops(bar: _Bar, scale: float, y: float) -> list[_Drop]:
    """One ribbon per frequent reason, the rest as one, leaving the bar's foot."""
    named = list(bar.stage["reasons"].items())
    shown = named if len(named) <= _REASONS else named[: _REASONS - 1]
    rest = sum(count for _, count in named[len(shown) :])
    leaves = _TOP + scale * bar.stage["kept"]
    found: list[_Drop] = []
    for name, count in [*shown, *([("other_reasons", rest)] if rest else [])]:
        height = max(1.5, scale * count)
        band = _band(bar.x + _BAR, leaves, bar.x + 58, y, height, "dropped")
        found.append(
            {"name": name, "count": count, "x": _round(bar.x + 58), "y": _round(y), "height": _round(height), **band}
        )
        leaves += scale * count
        y += max(height + 5, _LINE)
    return found


def _band(x: float, y: float, to_x: float, to_y: float, height: float, kind: str) -> _Band:
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


def _round(number: float) -> float:
    return round(number, 1)
