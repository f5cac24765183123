"""Marks held against the text that was shown."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from pipeline.tasks.realigned_regions import at_their_places


def mark(start: object, end: object, surface: str | None, to: str = "text") -> Any:
    value = {"start": start, "end": end, "labels": ["PER"]} | ({} if surface is None else {"text": surface})
    return {"from_name": "label", "to_name": to, "type": "labels", "value": value}


@pytest.mark.parametrize(
    ("text", "start", "end", "surface", "place"),
    [
        ("Anna left.", 0, 4, "Anna", (0, 4)),
        ("安娜走了。", 0, 2, "安娜", (0, 2)),
        ("👍 Anna and Anna", 3, 7, "Anna", (2, 6)),  # counted in UTF-16 units, though the surface stands twice
        ("👍安娜见到安娜", 2, 4, "安娜", (1, 3)),
        ("Well, Anna left.", 0, 4, "Anna", (6, 10)),
        ("昨天安娜走了。", 0, 2, "安娜", (2, 4)),
        ("Anna  Berg left.", 0, 10, "Anna Berg", (0, 10)),  # white space aside
        ("one\ntwo", 0, 7, "one\\ntwo", (0, 7)),  # as Label Studio writes line breaks
        ("x one\ntwo", 0, 7, "one\\ntwo", (2, 9)),
        ("Anna", -3, 1, "Anna", (0, 4)),
    ],
)
def test_a_mark_stands_where_its_surface_stands(text, start, end, surface, place):
    [found] = at_their_places([mark(start, end, surface)], {"text": text})
    assert (found["value"]["start"], found["value"]["end"]) == place


@pytest.mark.parametrize("text", ["Anna met Anna at last.", "Nobody.", "我们见到安娜和安娜"])
def test_a_surface_that_stands_elsewhere_twice_or_nowhere_is_refused(text):
    surface = "安娜" if "安" in text else "Anna"
    with pytest.raises(Reject, match="surface_mismatch"):
        at_their_places([mark(10, 14, surface)], {"text": text})


@pytest.mark.parametrize("region", [mark(0, 2, None), mark("a", "b", "Anna"), mark(0, 2, " "), mark(None, None, "x")])
def test_what_states_no_surface_or_place_stays(region):
    assert at_their_places([region], {"text": "Anna"}) == [region]


def test_no_region_and_no_text():
    assert at_their_places([], {"text": "Anna"}) == []
    assert at_their_places([mark(0, 2, "Bo")], {"image": 3}) == [mark(0, 2, "Bo")]


def test_the_text_is_the_one_named_else_the_longest():
    data = {"record_id": "x" * 90, "body": "Today Anna left the house.", "title": "Anna"}
    [by_name], [by_length] = (at_their_places([mark(6, 10, "Anna", to)], data) for to in ("title", "txt"))
    assert by_name["value"]["start"] == 0
    assert by_length["value"]["start"] == 6
