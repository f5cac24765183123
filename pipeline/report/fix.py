"""One line of what to fix first: what is wrong, of how many records, what fixing it brings, and one thing to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict, Unpack

from pipeline.report.inputs import Inputs

#: What one unit of gain is worth beside a corrected label, to put unlike gains in one order. A guess: not measured.
WORTH = {"labels": 1.0, "points": 1.0, "records": 0.3, "copies": 0.1}


class More(TypedDict, total=False):
    """What a fix may say of itself: what fills its text, what it brings, what to do."""

    args: Mapping[str, object]
    gain: Mapping[str, object] | None
    action: Mapping[str, object]


class Fix(More):
    """One line of what to do next; see `fixes`. `weight` is what the order goes by; the page needs it no more."""

    key: str
    n: int
    section: str
    tone: str
    weight: NotRequired[float]


def fix_of(key: str, n: int, section: str, tone: str = "warn", weight: float = 0.0, **more: Unpack[More]) -> Fix:
    """A fix with what `more` says of it; without an action it leads to its section."""
    start: Fix = {"key": f"fix.{key}", "n": n, "section": section, "tone": tone, "weight": weight}
    return {**start, "args": {}, "gain": None, "action": rows(section), **more}


def rows(section: str, table: str = "", **filters: str) -> dict[str, str]:
    """The action to look at a list, filtered by columns."""
    state = "&".join(f"{key}={value}" for key, value in filters.items())
    return {"kind": "rows", "href": f"#{section}" + (f"/{table}" if table else "") + (f"?{state}" if state else "")}


def gain_of(key: str, **values: object) -> dict[str, object]:
    """A sentence on what is gained: the key of its text, and what fills it."""
    return {"key": f"gain.{key}", "args": values}


def records_in(inputs: Inputs) -> int:
    """What shares of gain are of: the records of the dataset, or where there are none yet, the rows that were read."""
    kept = (inputs.report(stage).get("kept", 0) for stage in ("augment", "collect"))
    return next((int(one) for one in kept if one), 1)
