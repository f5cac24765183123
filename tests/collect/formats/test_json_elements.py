from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.rows import BadRow, Row
from tests.collect.reading import read


def reasons(rows: list[Row | BadRow]) -> list[tuple[int, str | None]]:
    return [(row.number, getattr(row, "reason", None)) for row in rows]


def test_json_list_that_is_damaged_or_cut_off_keeps_its_sound_elements(tmp_path):
    rows = [{"a": n, "b": "好"} for n in range(4)]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    cut = read(tmp_path, "a.json", text[: text.rindex("好")])
    assert reasons(cut) == [(1, None), (2, None), (3, None), (4, "not_json"), (5, "truncated_file")]
    damaged = read(tmp_path, "a.json", text.replace('"a": 1', '"a" 1'))
    assert reasons(damaged) == [(1, None), (2, "not_json"), (3, None), (4, None)]
    assert damaged[1].detail.startswith("line 6: line 7, column 7")
    undecodable = read(tmp_path, "a.json", text.encode().replace("好".encode(), b"\xe9", 1))
    assert reasons(undecodable) == [(1, "undecodable"), (2, None), (3, None), (4, None)]


@given(st.integers(0, 400))
def test_json_list_cut_anywhere_loses_no_element_before_the_cut(tmp_path_factory, place):
    rows = [{"a": n, "b": "} ] 好"} for n in range(8)]
    text = json.dumps(rows, indent=1, ensure_ascii=False)[: 1 + place]
    found = read(tmp_path_factory.mktemp("cut"), "a.json", text)
    whole = text.count("\n }")
    assert [row.values for row in found if isinstance(row, Row)] == rows[:whole]
    assert isinstance(found[-1], BadRow) or text.endswith("]")
