from __future__ import annotations

import pytest

from pipeline.collect.params import FileOptions
from pipeline.collect.rows import Row
from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values


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


def test_lines(tmp_path):
    assert read(tmp_path, "a.txt", "one\n\n二\r\n") == [Row(1, {"text": "one"}), Row(3, {"text": "二"})]
