from __future__ import annotations

import gzip

import pytest

from pipeline.collect.rows import BadRow
from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values


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


@pytest.mark.parametrize("name", ["a.tsv.gz", "a.csv.gz"])
def test_utf_16_in_gzip(tmp_path, name):
    packed = gzip.compress("文本\t标签\n明天下雨\t天气\n".encode("utf-16"))
    assert values(read(tmp_path, name, packed, encoding="utf-16")) == [{"文本": "明天下雨", "标签": "天气"}]


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
