"""Edits, as the page shows them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.edits import changed_texts, edit

VISIBLE = st.text("ab 好x", max_size=30)


@given(VISIBLE, VISIBLE)
def test_an_edit_holds_both_texts(before, after):
    pieces = edit(before, after, 200)
    blank = str.maketrans({"␣": " "})
    old = "".join(text for kind, text in pieces if kind != "new").translate(blank)
    new = "".join(text for kind, text in pieces if kind != "gone").translate(blank)
    assert (old, new) == (before, after)


def test_an_edit_is_shown_around_its_place():
    pieces = edit("a" * 5000 + "x" + "b" * 5000, "a" * 5000 + "y" + "b" * 5000, 100)
    assert sum(len(text) for _, text in pieces) < 250
    assert pieces[0] == ["same", "…"]
    assert pieces[-1] == ["same", "…"]


def test_chinese_is_compared_by_character():
    assert edit("屏幕很好", "屏幕不好", 100) == [["same", "屏幕"], ["gone", "很"], ["new", "不"], ["same", "好"]]


def test_control_characters_become_visible():
    assert ["gone", "\\u200b"] in edit("a \u200bb", "a b", 100)


def test_the_turn_that_changed_is_shown():
    old = '[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]'
    assert changed_texts(old, old.replace('"b"', '"c"')) == ("b", "c")


def test_a_masked_edit_has_two_sides_and_does_not_tell_what_was_masked():
    text = "call me at [PHONE_1] or [EMAIL_1]"
    assert edit(text, text, 100) == [
        ["same", "call me at "],
        ["gone", "█████"],
        ["new", "[PHONE_1]"],
        ["same", " or "],
        ["gone", "█████"],
        ["new", "[EMAIL_1]"],
    ]
    assert edit("[1] a", "[1] a", 100) == [["same", "[1] a"]]


def test_a_text_that_stayed_the_same_is_shown_from_its_beginning():
    assert edit("The video freezes all the time, 订单 4711", "The video freezes all the time, 订单 4711", 100) == [
        ["same", "The video freezes all the time, 订单 4711"]
    ]
