from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.collect.formats import FORMATS
from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values


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


def test_chats_come_as_their_rows_from_every_container(tmp_path):
    row = {"messages": [{"role": "user", "content": "嗨"}]}
    for content in (json.dumps([row]), json.dumps(row) + "\n"):
        assert values(read(tmp_path, "a.json", content, format="messages")) == [row]
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    assert values(read(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes(), format="sharegpt")) == [row]
    cells = read(tmp_path, "a.csv", 'messages,n\n"[{""role"": ""user""}]",1\n', format="messages")
    assert values(cells) == [{"messages": '[{"role": "user"}]', "n": "1"}]
