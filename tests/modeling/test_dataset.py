"""Reading the exported dataset, with nothing but pyarrow."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling.dataset import read_split, repeated, sample, to_rows


def table(count: int, **more: list[object]) -> pa.Table:
    return pa.table({"id": [f"r{n}" for n in range(count)], "text": [f"文 {n}" for n in range(count)], **more})


def test_the_files_of_a_split_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for n in range(2):
        pq.write_table(table(3), tmp_path / f"data/validation-0000{n}-of-00002.parquet")
    assert read_split(tmp_path, "dev").num_rows == 6
    assert read_split(tmp_path, "train").num_rows == 0  # no file: an empty split
    assert to_rows(read_split(tmp_path, "dev"))[0] == {"id": "r0", "text": "文 0"}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no such dataset folder"):
        read_split(tmp_path / "none", "train")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/test-00000-of-00001.parquet").write_bytes(b"no parquet")
    with pytest.raises(PipelineError, match=r"test-00000-of-00001\.parquet: not a readable Parquet file"):
        read_split(tmp_path, "test")


def test_a_sample_is_drawn_by_id_and_keeps_the_order() -> None:
    ids = sample(table(40), 10, 0).column("id").to_pylist()
    assert len(ids) == 10
    assert ids == sorted(ids, key=lambda id: int(id[1:]))
    assert sample(table(40), 10, 1).column("id").to_pylist() != ids
    fewer = sample(table(40).slice(0, 39), 10, 0).column("id").to_pylist()
    assert len(set(ids) & set(fewer)) >= 9  # one row less moves at most its own place


@pytest.mark.parametrize(("rows", "left"), [(0, 5), (5, 5), (9, 5), (1, 1)])
def test_no_limit_and_more_than_there_are(rows: int, left: int) -> None:
    assert sample(table(5), rows, 0).num_rows == left


def test_rows_stand_as_often_as_the_mixture_says() -> None:
    assert repeated(table(3, repeats=[2, 0, 1])).column("id").to_pylist() == ["r0", "r0", "r2"]
    assert repeated(table(3)).num_rows == 3
    assert repeated(table(0, repeats=pa.array([], pa.int64()))).num_rows == 0  # type: ignore[arg-type]
