from __future__ import annotations

import json

import pytest

from pipeline.collect.rows import BadRow, Row
from tests.collect.reading import read


def surfaces(row: Row | BadRow) -> list[tuple[str, str]]:
    assert isinstance(row, Row), row
    return [(row.values["text"][s["start"] : s["end"]], s["label"]) for s in row.values["spans"]]


def reasons(rows: list[Row | BadRow]) -> list[tuple[int, str | None]]:
    return [(row.number, getattr(row, "reason", None)) for row in rows]


@pytest.mark.parametrize(
    "marked",
    [
        {"spans": [{"start": 0, "end": 2, "label": "LOC"}]},
        {"entities": [{"start_offset": 0, "end_offset": 2, "type": "LOC"}]},
        {"label": [[0, 2, "LOC"]]},
        {"label": {"LOC": {"北京": [[0, 1]]}}},
        {"label": '[[0, 2, "LOC"]]'},
        {"label": [{"start": 0, "end": 2, "text": "北京", "labels": ["LOC"]}]},
    ],
)
def test_spans_in_every_form(tmp_path, marked):
    row = {"text": "北京很大", **marked}
    for content in (json.dumps(row), json.dumps([row], indent=1), json.dumps(row, indent=2) * 2):
        rows = read(tmp_path, "a.json", content, format="spans")
        assert [surfaces(r) for r in rows] == [[("北京", "LOC")]] * len(rows)
        assert {r.repaired for r in rows} == {None}


def test_a_text_under_doccano_s_own_name(tmp_path):
    content = json.dumps({"id": 3, "data": "北京很大", "label": [[0, 2, "LOC"]]})
    assert surfaces(read(tmp_path, "a.jsonl", content, format="spans")[0]) == [("北京", "LOC")]
    assert reasons(read(tmp_path, "b.jsonl", content.replace("data", "body"), format="spans")) == [
        (1, "missing_text_column")
    ]


def test_spans_last_included(tmp_path):
    content = json.dumps({"text": "北京很大", "label": [[0, 1, "LOC"]]})
    assert surfaces(read(tmp_path, "a.json", content, format="spans", last_included=True)[0]) == [("北京", "LOC")]


def test_spans_none_is_unlabelled_and_empty_means_nothing_there(tmp_path):
    rows = read(tmp_path, "a.json", '{"text": "a"}\n{"text": "b", "label": []}\n', format="spans")
    assert [row.values["spans"] for row in rows] == [None, []]


def test_spans_a_wrong_place_is_mended_where_the_surface_occurs_once(tmp_path):
    rows = read(
        tmp_path,
        "a.json",
        '{"text": "he met Ann", "label": {"PER": {"Ann": [[3, 5]]}}}\n'
        '{"text": "Ann met Ann", "label": {"PER": {"Ann": [[1, 3]]}}}\n'
        '{"text": "Ann", "label": {"PER": {"Bob": [[0, 2]]}}}\n',
        format="spans",
    )
    assert surfaces(rows[0]) == [("Ann", "PER")]
    assert rows[0].repaired == "span_offset"
    assert reasons(rows) == [(1, None), (2, "surface_mismatch"), (3, "surface_mismatch")]


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        ('[[0, 9, "PER"]]', "offset_out_of_range"),
        ('[[-1, 1, "PER"]]', "offset_out_of_range"),
        ('[[2, 2, "PER"]]', "offset_out_of_range"),
        ("[[0, 1]]", "bad_span"),
        ('[{"start": "first", "end": 1, "label": "PER"}]', "bad_span"),
        ('[{"start": 0, "end": 1}]', "bad_span"),
        ('"PER"', "bad_span"),
        ('{"PER": ["Ann"]}', "bad_span"),
        ('{"PER": {"Ann": [[0]]}}', "bad_span"),
        ('{"PER": {"Ann": [["0", 2]]}}', "bad_span"),
    ],
)
def test_spans_that_cannot_be_are_quarantined(tmp_path, marked, reason):
    rows = read(tmp_path, "a.json", f'{{"text": "Ann", "label": {marked}}}\n{{"text": "b"}}', format="spans")
    assert reasons(rows) == [(1, reason), (2, None)]


def test_spans_broken_objects_cost_themselves_alone(tmp_path):
    good = json.dumps({"text": "好", "label": []}, indent=2, ensure_ascii=False)
    broken = good.replace('"label"', "label")
    parts = [good, broken, good.replace("好", "caf\xff"), "[1]", '{"a": 1}', good]
    content = "\n".join(parts).encode().replace("\xff".encode(), b"\xe9") + b"\n" + good.encode()[:-1]
    rows = read(tmp_path, "a.json", content, format="spans")
    expected = [None, "not_json", "undecodable", "not_an_object", "missing_text_column", None, "not_json"]
    assert [reason for _, reason in reasons(rows)] == expected
    assert [row.number for row in rows] == [1, 5, 9, 13, 14, 15, 19]
