from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.collect.formats import FORMATS, read_file
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import BadRow, Row
from pipeline.core.errors import PipelineError


def read(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> list[Row | BadRow]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_file(path, FileOptions(**options), name, "here"))


def values(rows: list[Row | BadRow]) -> list[Any]:
    return [dict(row.values) if isinstance(row, Row) else row.reason for row in rows]


# ------------------------------------------------------------------ csv and tsv


def test_csv_cells_stay_text(tmp_path):
    rows = read(tmp_path, "a.csv", "text,n\nNA,001\nnull,1e3\n好的,\n")
    assert values(rows) == [{"text": "NA", "n": "001"}, {"text": "null", "n": "1e3"}, {"text": "好的", "n": ""}]


def test_csv_rows_are_numbered_as_an_editor_does(tmp_path):
    rows = read(tmp_path, "a.csv", 'text,n\n"two\nlines",1\n\nlast,2\n')
    assert [(row.number, row.values["text"]) for row in rows] == [(2, "two\nlines"), (5, "last")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_takes_both_line_ends_and_a_missing_last_one(tmp_path, end):
    assert values(read(tmp_path, "a.csv", f'a,b{end}"x{end}y",2{end}z,"3"')) == [
        {"a": f"x{end}y", "b": "2"},
        {"a": "z", "b": "3"},
    ]


def test_csv_unclosed_quote_costs_one_line(tmp_path):
    rows = read(tmp_path, "a.csv", 'text,n\ngood,1\n"open,2\nnext,3\n"x, y",4\nlast,5\n')
    assert [(row.number, getattr(row, "reason", None)) for row in rows] == [
        (2, None),
        (3, "broken_row"),
        (4, None),
        (5, None),
        (6, None),
    ]


def test_csv_unclosed_quote_at_the_end_keeps_what_follows(tmp_path):
    rows = read(tmp_path, "a.csv", 'text,n\n"open,2\n' + "".join(f"row,{n}\n" for n in range(700)))
    assert len(rows) == 701
    assert [row.reason for row in rows if isinstance(row, BadRow)] == ["broken_row"]


def test_csv_broken_rows_are_told_apart(tmp_path):
    rows = read(tmp_path, "a.csv", 'a,b\n1,2,3\n"x"y,2\n1,2\nonly\n')
    assert values(rows) == ["wrong_cell_count", "broken_row", {"a": "1", "b": "2"}, "wrong_cell_count"]
    assert rows[0].detail == "3 cells where the header has 2"
    assert rows[0].raw == "1,2,3"


def test_csv_quotes_false_takes_quotes_as_characters(tmp_path):
    rows = read(tmp_path, "a.tsv", 'a\tb\n"open\t2\n', quotes=False)
    assert values(rows) == [{"a": '"open', "b": "2"}]


def test_csv_without_header_takes_columns(tmp_path):
    assert values(read(tmp_path, "a.csv", "1,2\n", columns=("x", "y"))) == [{"x": "1", "y": "2"}]


def test_csv_nul_byte_and_undecodable_lines_are_quarantined(tmp_path):
    rows = read(tmp_path, "a.csv", b"text,n\nok,1\nb\0d,2\n" + b"caf\xe9,3\n" + "好,4\n".encode())
    assert values(rows) == [{"text": "ok", "n": "1"}, "nul_byte", "undecodable", {"text": "好", "n": "4"}]
    assert (rows[2].number, rows[2].raw) == (4, r"caf\xe9,3")


def test_csv_line_of_ten_megabytes(tmp_path):
    rows = read(tmp_path, "a.csv", f"text,n\n{'字' * 3_500_000},1\n")
    assert len(rows[0].values["text"]) == 3_500_000
    broken = read(tmp_path, "a.csv", f"text,n\n{'x' * 10_000_000},1,2\n")[0]
    assert len(broken.raw) < 400
    assert "10,000,004 characters" in broken.raw


def test_csv_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert values(read(tmp_path, "a.csv", b"\xef\xbb\xbfa,b\n1,2\n")) == [{"a": "1", "b": "2"}]


def test_csv_in_gzip(tmp_path):
    assert values(read(tmp_path, "a.csv.gz", gzip.compress(b"a,b\n1,2\n"))) == [{"a": "1", "b": "2"}]


def test_damaged_gzip_stops_with_the_file_named(tmp_path):
    packed = bytearray(gzip.compress(b"a,b\n" + bytes(range(48, 58)) * 50))
    packed[10:16] = b"\xff" * 6
    with pytest.raises(PipelineError, match=r"a\.csv\.gz: cannot be read: Error -3"):
        read(tmp_path, "a.csv.gz", bytes(packed))


def test_csv_repeated_column_stops(tmp_path):
    with pytest.raises(PipelineError, match=r"a\.csv:1: the header holds the column 'a' twice"):
        read(tmp_path, "a.csv", "a,b,a\n1,2,3\n")


def test_csv_unreadable_header_stops(tmp_path):
    with pytest.raises(PipelineError, match=r"a\.csv:1: the header row cannot be read"):
        read(tmp_path, "a.csv", b"caf\xe9,b\n1,2\n")


# ------------------------------------------------------------------ encodings


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5", "utf-8"])
def test_declared_encoding_is_used(tmp_path, encoding):
    assert values(read(tmp_path, "a.csv", "text,n\n你好,1\n".encode(encoding), encoding=encoding)) == [
        {"text": "你好", "n": "1"}
    ]


def test_encoding_chain_undoes_a_wrong_conversion(tmp_path):
    # U+2019 in UTF-8, read as cp1252, saved as mac_roman, read as cp1252, saved as mac_roman.
    damaged = "We’re".encode().decode("cp1252").encode("mac_roman").decode("cp1252").encode("mac_roman")
    rows = read(tmp_path, "a.csv", b"text,n\n" + damaged + b",1\n", encoding="mac_roman > cp1252 > mac_roman")
    assert rows[0].values["text"].encode("cp1252").decode() == "We’re"


def test_encoding_chain_that_does_not_fit_quarantines_the_line(tmp_path):
    rows = read(tmp_path, "a.csv", b"text,n\n\xb9,1\nok,2\n", encoding="mac_roman > ascii > mac_roman")
    assert values(rows) == ["undecodable", {"text": "ok", "n": "2"}]


@pytest.mark.parametrize(("encoding", "message"), [("utf8x", "is not an encoding"), ("utf-8 > cp1252", "one, three")])
def test_unknown_encoding_is_refused(encoding, message):
    with pytest.raises(ValueError, match=message):
        FileOptions(encoding=encoding)


def test_utf_16_declared_as_utf_8_is_named(tmp_path):
    with pytest.raises(PipelineError, match="mark of UTF-16") as error:
        read(tmp_path, "a.csv", "a,b\n".encode("utf-16"))
    assert "encoding: utf-16" in error.value.hint


def test_broken_utf_16_names_the_line(tmp_path):
    with pytest.raises(PipelineError, match=r"a\.csv:\d+: not utf-16"):
        read(tmp_path, "a.csv", "a,b\n1,2\n".encode("utf-16") + b"x", encoding="utf-16")


# ------------------------------------------------------------------ json, jsonl, parquet, lines


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


def test_parquet_keeps_types(tmp_path):
    pq.write_table(pa.table({"text": ["a", "好"], "n": [1, None]}), tmp_path / "x.parquet")
    rows = list(read_file(tmp_path / "x.parquet", FileOptions(), "x.parquet", "here"))
    assert rows == [Row(1, {"text": "a", "n": 1}), Row(2, {"text": "好", "n": None})]


def test_parquet_that_is_none_stops(tmp_path):
    with pytest.raises(PipelineError, match="not a readable Parquet file"):
        read(tmp_path, "x.parquet", "not parquet")


def test_lines(tmp_path):
    assert read(tmp_path, "a.txt", "one\n\n二\r\n") == [Row(1, {"text": "one"}), Row(3, {"text": "二"})]


def test_unknown_ending_asks_for_a_format(tmp_path):
    with pytest.raises(PipelineError, match=r"the ending of a\.dat names no format") as error:
        read(tmp_path, "a.dat", "x")
    assert "Known formats: alpaca, anthropic, benchmark, conll, csv" in error.value.hint


def test_misspelt_format(tmp_path):
    with pytest.raises(PipelineError, match="unknown name 'cvs'") as error:
        read(tmp_path, "a.csv", "x", format="cvs")
    assert "Did you mean 'csv'?" in error.value.hint


def test_every_format_is_documented():
    documented = Path("docs/sources.md").read_text("utf-8")
    assert [name for name in FORMATS if f"`{name}`" not in documented] == []


# ------------------------------------------------------------------ chats


def roles(row: Row) -> list[tuple[str, str]]:
    return [(m.get("role", m.get("from")), m.get("content", m.get("value"))) for m in row.values["messages"]]


def test_dialogues_alternate_and_stay_text(tmp_path):
    text = "categories:\n- AI\n- talk\nconversations:\n- - Is it on?\n  - Yes\n  - 007\n- - 你好\n  - 你好!\n"
    rows = read(tmp_path, "a.yml", text, format="dialogues")
    assert roles(rows[0]) == [("user", "Is it on?"), ("assistant", "Yes"), ("user", "007")]
    assert (rows[1].number, rows[1].values["categories"]) == (8, "AI+talk")


def test_dialogues_bad_rows(tmp_path):
    rows = read(tmp_path, "a.yml", "conversations:\n- - only\n- - a: b\n  - c\n- text\n", format="dialogues")
    assert [row.reason for row in rows] == ["one_turn_only", "not_a_dialogue", "not_a_dialogue"]
    assert [row.number for row in rows] == [2, 3, 5]


@pytest.mark.parametrize(
    ("content", "message"), [("a: [", r"a\.yml:2: not YAML"), ("a: 1\n", "no list called 'conversations'")]
)
def test_dialogues_that_are_none_stop(tmp_path, content, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.yml", content + "\n", format="dialogues")


def test_chats_come_as_their_rows_from_every_container(tmp_path):
    row = {"messages": [{"role": "user", "content": "嗨"}]}
    for content in (json.dumps([row]), json.dumps(row) + "\n"):
        assert values(read(tmp_path, "a.json", content, format="messages")) == [row]
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    assert values(read(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes(), format="sharegpt")) == [row]
    cells = read(tmp_path, "a.csv", 'messages,n\n"[{""role"": ""user""}]",1\n', format="messages")
    assert values(cells) == [{"messages": '[{"role": "user"}]', "n": "1"}]


def test_label_studio_export(tmp_path):
    task = {"id": 7, "data": {"item": "k1"}, "annotations": []}
    good = {"completed_by": {"id": 3, "email": "a@b.c"}, "result": [], "created_at": "2026-01-01"}
    tasks = [task | {"annotations": [good, {"was_cancelled": True, "result": []}]}, task, {"x": 1}]
    rows = read(tmp_path, "a.json", json.dumps(tasks), format="label_studio")
    first = {"item": "k1", "task_id": 7, "worker": 3, "time": "2026-01-01", "result": []}
    assert values(rows) == [first, "cancelled", "no_annotation", "not_a_task"]
