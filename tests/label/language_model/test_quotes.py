"""Where quotes stand: in their order, as whole words, none over another; Chinese too."""

from __future__ import annotations

import pytest

from pipeline.core.record import Reject
from pipeline.label.language_model.quotes import quote_places


@pytest.mark.parametrize(
    ("quotes", "text", "starts"),
    [
        (["北京"], "我在北京", [2]),
        (["Ann", "Ann"], "Ann met Ann", [0, 8]),
        (["art"], "a part of art", [10]),  # whole words first
        (["art"], "a part", [3]),
        ([], "x", []),
        (["王芳", "王芳路", "王芳"], "王芳在王芳路见王芳", [0, 3, 7]),  # the third stands inside the second too
        (["Ann", "Anna", "Ann Arbor", "Ann"], "Ann met Anna in Ann Arbor, Ann left.", [0, 8, 16, 27]),
        (["王芳", "王芳路"], "王芳路上有王芳", [5, 0]),  # out of order: the longer one first
        (["Bob", "Ann"], "Ann met Bob", [8, 0]),
        (["Bob"], "😀😀 Bob", [3]),
    ],
)
def test_each_quote_has_its_own_place(quotes: list[str], text: str, starts: list[int]) -> None:
    places = quote_places(quotes, text)
    assert [start for start, _ in places] == starts
    assert [text[start:end] for start, end in places] == quotes


def test_white_space_of_a_quote_stands_for_any_in_the_text() -> None:
    text = "in New\n York now"
    assert [text[start:end] for start, end in quote_places(["New York"], text)] == ["New\n York"]


@pytest.mark.parametrize(
    ("quotes", "text"),
    [(["Bob"], "Ann"), ([" "], "a b"), ([""], "x"), (["Ann", "Ann"], "Ann"), (["a", "aa"], "aa"), (["x"], "")],
)
def test_a_quote_that_does_not_stand_there_is_rejected(quotes: list[str], text: str) -> None:
    with pytest.raises(Reject) as error:
        quote_places(quotes, text)
    assert error.value.reason == "quote_not_found"
