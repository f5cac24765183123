"""The headings above a place of a document."""

from __future__ import annotations

from pipeline.collect.documents.section import Outline


def test_a_heading_ends_those_of_its_level_and_below() -> None:
    outline = Outline()
    seen = []
    for level, heading in ((1, "手册"), (2, "Care"), (3, "Daily"), (2, "Parts"), (1, "End"), (3, "Deep")):
        outline.enter(level, heading)
        seen.append(outline.path)
    assert seen == [
        ("手册",),
        ("手册", "Care"),
        ("手册", "Care", "Daily"),
        ("手册", "Parts"),
        ("End",),
        ("End", "Deep"),
    ]


def test_no_heading_and_white_space_in_one() -> None:
    assert Outline().path == ()
    outline = Outline()
    outline.enter(2, "  two\n lines ")
    assert outline.path == ("two lines",)
