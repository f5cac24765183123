from __future__ import annotations

import random
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.runtime import shards
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import batches, write_shards
from pipeline.runtime.store import files_of, read_table, to_records, to_table
from tests.conftest import written
from tests.record_strategies import TASKS, records

COLUMNS = pa.schema({"id": pa.string(), "text": pa.string(), "n": pa.int64()})


def rows(count: int, seed: int = 0) -> pa.Table:
    """Rows in no order; every tenth text is Chinese."""
    numbers = random.Random(seed).sample(range(count), count)
    texts = [f"row {n}" if n % 10 else f"第{n}行" for n in numbers]
    return pa.table({"id": [content_id(str(n)) for n in numbers], "text": texts, "n": numbers}, schema=COLUMNS)


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(shards, "SHARD_ROWS", 100)


@pytest.mark.parametrize(("count", "wanted"), [(0, 1), (1, 1), (100, 1), (101, 2), (1000, 16)])
def test_a_table_has_as_many_shards_as_it_needs_and_they_are_in_the_order_of_ids(count, wanted, tmp_path, small_shards):
    write_shards(rows(count), tmp_path / "table.parquet")
    assert len(files_of(tmp_path / "table.parquet")) == wanted
    assert read_table(tmp_path / "table.parquet") == rows(count).sort_by("id")


def test_rows_in_any_order_and_parts_give_the_same_bytes(tmp_path, small_shards):
    write_shards(rows(700), tmp_path / "whole")
    for name, size, seed in (("ones", 7, 1), ("parts", 200, 2)):
        parts = [pa.Table.from_batches([batch]) for batch in rows(700, seed).to_batches(max_chunksize=size)]
        write_shards(pa.concat_tables(parts), tmp_path / name)
        assert written(tmp_path / name) == written(tmp_path / "whole")
    write_shards(read_table(tmp_path / "whole"), tmp_path / "again")
    assert written(tmp_path / "again") == written(tmp_path / "whole")


@pytest.mark.parametrize("size", [1, 5_000, 10_000])
def test_blocks_of_any_size_give_the_same_bytes(tmp_path, small_shards, monkeypatch, size):
    write_shards(rows(900), tmp_path / "whole")
    monkeypatch.setattr(shards, "BLOCK_BYTES", size)
    write_shards(rows(900, 1), tmp_path / "blocks")
    assert len(files_of(tmp_path / "blocks")) == 16
    assert written(tmp_path / "blocks") == written(tmp_path / "whole")


def test_rows_of_one_id_keep_their_order(tmp_path, small_shards):
    table = pa.table({"id": ["b", "a"] * 200, "n": range(400)})
    write_shards(table, tmp_path / "table.parquet")
    found = read_table(tmp_path / "table.parquet").to_pylist()
    assert all((one["id"], one["n"]) < (other["id"], other["n"]) for one, other in pairwise(found))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_records_of_every_task_survive_the_folder(tmp_path_factory, data):
    task = data.draw(st.sampled_from(TASKS))
    wanted = data.draw(st.lists(records(task), max_size=4))
    path = tmp_path_factory.mktemp("shards") / "table.parquet"
    write_shards(to_table(wanted, schema(task)), path)
    found = list(to_records(read_table(path)))
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
    assert [record.id for record in found] == sorted(record.id for record in wanted)


def test_a_table_takes_the_place_of_a_file_and_of_a_larger_folder(tmp_path, small_shards):
    path = tmp_path / "table.parquet"
    path.write_text("an earlier version's")
    for count in (500, 5):
        write_shards(rows(count), path)
        assert read_table(path).num_rows == count


def test_batches_read_files_and_folders_and_some_columns(tmp_path, small_shards):
    write_shards(rows(300), tmp_path / "table.parquet")
    for path in (tmp_path / "table.parquet", tmp_path / "table.parquet/part-00000.parquet"):
        found = pa.Table.from_batches(batches(path, ["id"], rows=40))
        assert found == read_table(path, ["id"])
    with pytest.raises(PipelineError, match="no such file"):
        next(batches(tmp_path / "none"))


def test_other_programs_read_the_folder(tmp_path, small_shards, monkeypatch):
    path = tmp_path / "data/clean/table.parquet"
    write_shards(rows(300), path)
    wanted = rows(300).sort_by("id")
    assert pq.read_table(path).num_rows == 300
    assert pd.read_parquet(path)["text"].tolist() == wanted["text"].to_pylist()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    for place, files in ((str(path), None), ("parquet", f"{path}/*.parquet")):
        found = datasets.load_dataset(place, data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
        assert found["text"] == wanted["text"].to_pylist()


def test_duckdb_reads_the_folder(tmp_path, small_shards):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is no dependency; it is tried where it is installed")
    write_shards(rows(300), tmp_path / "table.parquet")
    [(count,)] = duckdb.sql(f"select count(*) from '{tmp_path}/table.parquet/*.parquet'").fetchall()
    assert count == 300
