"""What the dataset speaks about: map of meanings, its regions, variety of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, TypedDict

import pyarrow as pa

from pipeline.core.counts import ranked
from pipeline.core.record import share
from pipeline.report.blocks import Block, facts, line, missing, note, scatter, table
from pipeline.report.inputs import Inputs

#: Points drawn; the map itself may hold more. A guess: not measured.
_POINTS = 500
_POINTS_FILE = "validate/map.parquet"
_SERIES = 7  # a guess: not measured
_NAMED = 14  # a guess: not measured
_CLOSEST = 30  # test records beside their nearest train record; a guess: not measured


class _Placed(TypedDict):
    """A record on the map; `nearest` is the train record nearest to a test record."""

    id: str
    split: str
    source: str
    x: float
    y: float
    region: int
    nearest: str | None
    distance: float


class _Region(TypedDict):
    """A part of the map, as the profile has it: its key terms, its mean distance, the id of its typical record."""

    region: int
    thin: bool
    words: Sequence[str]
    records: int
    train_share: float
    test_share: float
    mean_distance: float
    classes: Mapping[str, int]
    example: str


class _Words(TypedDict):
    vocabulary: int
    tokens: int
    distinct: Mapping[str, float]
    distinct_tokens: int
    growth: Sequence[Sequence[float]]


class _Name(TypedDict):
    x: float
    y: float
    name: str


def coverage(inputs: Inputs) -> list[Block]:
    """Map, regions (thin ones first), then distinct n-grams and growth of the vocabulary."""
    if not inputs.profile:
        return [missing("validate")]
    found = inputs.profile.get("coverage", {})
    words = _words(inputs.profile["words"]) if inputs.profile.get("words") else []
    points = inputs.table(_POINTS_FILE, ["id"])
    if not found.get("records") or points is None or not points.num_rows:
        return [note("map_none"), *words]
    return [_map(inputs), _regions(inputs, found["regions"]), *_closest(inputs), *words]


def _largest(values: Sequence[str]) -> list[str]:
    """The names of the colours: the most frequent values, the rest as one."""
    names = [name for name, _ in ranked(Counter(values))]
    return [*names[: _SERIES - 1], *(["other_reasons"] if len(names) >= _SERIES else [])]


def _point(row: _Placed, text: str | None) -> dict[str, object]:
    return {"x": row["x"], "y": row["y"], "test": row["split"] == "test", "id": row["id"], "text": text or ""}


def _map(inputs: Inputs) -> Block:
    points = inputs.table(_POINTS_FILE)
    every: list[Any] = [] if points is None else points.to_pylist()
    rows = sorted(every, key=lambda row: share("draw", row["id"]))[:_POINTS]
    records = inputs.records_by_id(row["id"] for row in rows)
    by = "class" if any(map(itemgetter("class"), rows)) else "source"
    series = _largest([row[by] or "–" for row in rows])
    texts = [inputs.text(records.get(row["id"])) for row in rows]
    shown = [{**_point(row, text), "series": _series(row[by], series)} for row, text in zip(rows, texts, strict=True)]
    return scatter("map", series, shown, len(every), _names(inputs, rows))


def _series(name: str | None, series: list[str]) -> str:
    return name or "–" if (name or "–") in series else "other_reasons"


def _names(inputs: Inputs, rows: list[_Placed]) -> list[_Name]:
    """The largest regions' two key terms, each at the middle of its points."""
    found: list[_Name] = []
    for region in sorted(inputs.profile["coverage"]["regions"], key=lambda one: (-one["records"], one["region"])):
        inside = [row for row in rows if row["region"] == region["region"]]
        if inside and region["words"]:
            x, y = (sum(values) / len(inside) for values in zip(*((row["x"], row["y"]) for row in inside), strict=True))
            found.append({"x": x, "y": y, "name": ", ".join(region["words"][:2])})
    return found[:_NAMED]


def _regions(inputs: Inputs, regions: Sequence[_Region]) -> Block:
    records = inputs.records_by_id(one["example"] for one in regions)
    rows = [
        [
            "thin" if one["thin"] else None,
            ", ".join(one["words"]),
            one["records"],
            one["train_share"],
            one["test_share"],
            one["mean_distance"],
            ", ".join(f"{name} {count}" for name, count in one["classes"].items()),
            inputs.text(records.get(one["example"])),
            one["example"],
        ]
        for one in regions
    ]
    columns = {
        "thin": "code",
        "words": "text",
        "records": "num",
        "of_train": "pct",
        "of_test": "pct",
        "distance": "float",
        "classes": "text",
        "typical": "text",
        "id": "id",
    }
    return table("regions", columns, rows)


def _near_train(points: pa.Table | None) -> list[_Placed]:
    """The test records that have a nearest train record, the nearest first."""
    if points is None:
        return []
    every: list[Any] = points.to_pylist()
    found: list[_Placed] = [r for r in every if r["split"] == "test" and r["nearest"] and r["distance"] is not None]
    return sorted(found, key=lambda row: (row["distance"], row["id"]))


def _closest(inputs: Inputs) -> list[Block]:
    """Test records of the map that say nearly what a train record says: what the duplicate filters cannot see."""
    found = _near_train(inputs.table(_POINTS_FILE))
    shown = found[:_CLOSEST]
    records = inputs.records_by_id(id for row in shown for id in (row["id"], row["nearest"]) if id)
    rows = []
    for row in shown:
        texts = [inputs.text(records.get(id or "")) for id in (row["id"], row["nearest"])]
        rows.append([1 - row["distance"], *texts, row["id"], row["nearest"]])
    columns = {"alike": "float", "test_text": "text", "train_text": "text", "id": "id", "nearest": "id"}
    return [table("closest", columns, rows, len(found))] if rows else []


def _words(words: _Words) -> list[Block]:
    distinct = words["distinct"]
    figures = facts(
        ("vocabulary", words["vocabulary"], "num"),
        ("tokens", words["tokens"], "num"),
        *((f"distinct_{n}", distinct.get(str(n)), "float") for n in (1, 2, 3)),
        ("distinct_tokens", words["distinct_tokens"], "num"),
    )
    return [figures, line("growth", words["growth"])] if len(words["growth"]) > 1 else [figures]
