from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.runtime.columns import DROPPED, dropped_schema, schema
from pipeline.runtime.store import read_json, read_table, to_records, to_table, write_json, write_table
from tests.record_strategies import TASKS, records


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_record_survives_the_table(data):
    task = data.draw(st.sampled_from(TASKS))
    wanted = data.draw(st.lists(records(task), max_size=4))
    assert list(to_records(to_table(wanted, schema(task)), batch=2)) == wanted


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_record_survives_the_file(tmp_path_factory, data):
    task = data.draw(st.sampled_from(TASKS))
    wanted = data.draw(st.lists(records(task), min_size=1, max_size=3))
    path = tmp_path_factory.mktemp("store") / "records.parquet"
    write_table(to_table(wanted, schema(task)), path)
    assert list(to_records(read_table(path))) == wanted


def test_equal_tables_give_equal_bytes(tmp_path):
    task = TASKS[0]
    table = to_table([], schema(task))
    for name in ("a", "b"):
        write_table(pa.concat_tables([table, table]), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_is_read_and_written_again_has_the_same_bytes(tmp_path):
    made, streamed, again = tmp_path / "made", tmp_path / "streamed", tmp_path / "again"
    write_table(pa.table({"scores": pa.array([[("a", 0.5)]], pa.map_(pa.string(), pa.float64()))}), made)
    write_table(read_table(made), again)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, read_table(made).schema) as writer:
        writer.write_table(read_table(made))
    write_table(pa.ipc.open_stream(sink.getvalue()).read_all(), streamed)
    assert made.read_bytes() == again.read_bytes() == streamed.read_bytes()


def test_dropped_rows_have_the_evidence_columns():
    assert dropped_schema(schema(TASKS[0])).names[-4:] == list(DROPPED)


def test_a_missing_file_says_how_to_build_it(tmp_path):
    for read in (read_table, read_json):
        with pytest.raises(PipelineError, match="no such file") as error:
            read(tmp_path / "records.parquet")
        assert "dvc repro" in error.value.hint


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "records.parquet").write_text("not parquet")
    with pytest.raises(PipelineError, match=r"records\.parquet: not a readable Parquet file"):
        read_table(tmp_path / "records.parquet")


def test_json_is_sorted_and_keeps_chinese_readable(tmp_path):
    write_json({"b": 1, "a": "好"}, tmp_path / "deep" / "x.json")
    assert (tmp_path / "deep" / "x.json").read_text("utf-8") == '{\n  "a": "好",\n  "b": 1\n}\n'
    assert read_json(tmp_path / "deep" / "x.json") == {"a": "好", "b": 1}
