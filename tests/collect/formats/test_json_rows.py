from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values


def test_jsonl_good_and_bad_lines(tmp_path):
    rows = read(tmp_path, "a.jsonl", '{"text": "好"}\n\n{"text": \n[1]\n{"text": null}\n' + "[" * 100_000 + "\n")
    assert values(rows) == [{"text": "好"}, "not_json", "not_an_object", {"text": None}, "not_json"]
    assert [row.number for row in rows] == [1, 3, 4, 5, 6]


def test_json_list_and_rows_at(tmp_path):
    assert values(read(tmp_path, "a.json", '[{"a": 1}, 2]')) == [{"a": 1}, "not_an_object"]
    assert values(read(tmp_path, "a.json", '{"data": {"rows": [{"a": 1}]}}', rows_at="data.rows")) == [{"a": 1}]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ('{"a": 1},\n', {}, r"a\.json:1:9: not JSON"),
        ('{"data": []}', {}, "expected a list of rows, found dict with the keys data"),
        ('{"data": []}', {"rows_at": "dta"}, "no key 'dta'"),
        (b'{"a": "\xe9"}', {}, r"a\.json:1: not utf-8"),
        ("[" * 100_000, {}, "nested too deeply"),
    ],
)
def test_json_that_is_no_list_of_rows_stops(tmp_path, content, options, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.json", content, **options)
