from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.collect.formats import read_file
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import Row
from pipeline.core.errors import PipelineError
from tests.collect.reading import read


def test_parquet_keeps_types(tmp_path):
    pq.write_table(pa.table({"text": ["a", "好"], "n": [1, None]}), tmp_path / "x.parquet")
    rows = list(read_file(tmp_path / "x.parquet", FileOptions(), "x.parquet", "here"))
    assert rows == [Row(1, {"text": "a", "n": 1}), Row(2, {"text": "好", "n": None})]


def test_parquet_that_is_none_stops(tmp_path):
    with pytest.raises(PipelineError, match="not a readable Parquet file"):
        read(tmp_path, "x.parquet", "not parquet")
