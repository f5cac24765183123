"""What readers yield: notes joined, raw rows that can be shown and stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.rows import EXCERPT, Part, excerpt, is_escaped, joined_notes, most_bytes, storable


def test_notes_of_parts_are_joined_as_the_parts_are_read() -> None:
    notes: dict[str, object] = {}
    parts = [Part("a", (), {"skipped": ["x"], "rows": 1}), Part("b", (), {"skipped": ["y"], "rows": 2}), Part("c", ())]
    reading = joined_notes(parts, notes)
    assert next(reading).locator == "a"
    assert notes == {}  # a part's notes are whole only after its rows were read
    assert [part.locator for part in reading] == ["b", "c"]
    assert notes == {"skipped": ["x", "y"], "rows": 2}


@pytest.mark.parametrize(("size", "most"), [(0, 256 << 20), (10, 256 << 20), (1 << 30, 1000 << 30)])
def test_a_file_may_unpack_to_a_thousandfold_or_to_a_quarter_gigabyte(size: int, most: int) -> None:
    assert most_bytes(size) == most


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("好,bad\r\n", "好,bad"),
        ("a\x00b\x1fc\td", "a\\x00b\\x1fc\td"),
        ({"文": [1, None]}, '{"文": [1, null]}'),
        (b"\xff", "\"b'\\\\xff'\""),
        ("x\udcff", "x\\xff"),
        ("", ""),
    ],
)
def test_a_raw_row_is_printable(raw: object, shown: str) -> None:
    assert excerpt(raw) == shown


def test_a_long_row_is_cut_and_says_how_long_it_was() -> None:
    assert excerpt("长" * 1234) == "长" * EXCERPT + "… (1,234 characters)"
    assert excerpt("x" * EXCERPT) == "x" * EXCERPT


@pytest.mark.parametrize(
    ("text", "stored"),
    [("好", "好"), ("a\udcffb", "a\\xffb"), ("half \ud83d", "half \\ud83d"), ("\udcff\ud83d", "\\udcff\\ud83d")],
)
def test_bytes_that_could_not_be_decoded_are_spelt_out(text: str, stored: str) -> None:
    assert storable(text) == stored


@given(st.text(st.characters(), max_size=20))
def test_anything_can_be_stored(text: str) -> None:
    assert storable(text).encode("utf-8").decode("utf-8") == storable(text)


def test_escaped_bytes_are_known() -> None:
    assert is_escaped(b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert not is_escaped("café")
    assert not is_escaped("\ud83d")
