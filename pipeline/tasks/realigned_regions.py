"""Marks of Label Studio held against the text that people saw: a mark stands where its surface stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.record import Reject
from pipeline.tasks.region import Region

#: Keys of a task's data that are never shown as a text.
_NOT_SHOWN = ("record_id", "text_id", "key")


def at_their_places(result: Sequence[Region], data: Mapping[str, object]) -> list[Region]:
    """The regions, those that state a surface (`text`) moved to where it stands in the text that `data` shows.

    A region stays where its surface is at its place, white space aside. Else its offsets may count UTF-16 units, as
    browsers do (an emoji is two); else it goes to the one place where the surface occurs. Regions without a surface or
    offsets stay as they are. Rejects: surface_mismatch.
    """
    return [_placed(region, data) for region in result]


def _placed(region: Region, data: Mapping[str, object]) -> Region:
    value = region["value"]
    surface, start, end = (value.get(name) for name in ("text", "start", "end"))
    shown = _shown(region, data)
    if shown is None or not (isinstance(surface, str) and surface.strip()):
        return region
    if not (isinstance(start, int) and isinstance(end, int)) or _same(shown[max(start, 0) : end], surface):
        return region
    found = _place_of(surface, start, end, shown)
    return {**region, "value": {**value, "start": found[0], "end": found[1]}}


def _shown(region: Region, data: Mapping[str, object]) -> str | None:
    """The text that the region is drawn on: the one it names, else the longest of the task."""
    named = data.get(region.get("to_name", ""))
    if isinstance(named, str):
        return named
    texts = [text for key, text in data.items() if isinstance(text, str) and key not in _NOT_SHOWN]
    return max(texts, key=len, default=None)


def _place_of(surface: str, start: int, end: int, shown: str) -> tuple[int, int]:
    units = shown.encode("utf-16-le", "surrogatepass")
    before, inside = (units[2 * a : 2 * b].decode("utf-16-le", "ignore") for a, b in ((0, max(start, 0)), (start, end)))
    if _same(inside, surface):
        return len(before), len(before) + len(inside)
    plain = surface if surface in shown else surface.replace("\\n", "\n")
    if shown.count(plain) != 1:
        count = shown.count(plain)
        there = f"[{start}, {end}), where '{shown[max(start, 0) : end]}' stands,"
        raise Reject("surface_mismatch", f"'{surface}' is not at {there} and occurs {count} times")
    place = shown.index(plain)
    return place, place + len(plain)


def _same(text: str, surface: str) -> bool:
    """Whether they are equal but for white space; in a surface a line break is written as a backslash and n."""
    return text.split() in (surface.split(), surface.replace("\\n", "\n").split())
