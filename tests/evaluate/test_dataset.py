from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.evaluate.dataset import read_split, read_test
from pipeline.evaluate.params import Params

PARAMS = Params(resamples=200, robustness_rows=60)


def write_dataset(folder, rows):
    (folder / "data").mkdir(parents=True)
    columns = {"id": pa.string(), "text": pa.string(), "label": pa.string(), "lang": pa.string(), "source": pa.string()}
    columns |= {name: pa.string() for row in rows for name in row if name.startswith("meta_")}
    columns |= {
        "group": pa.string(),
        "parent_id": pa.string(),
        "label_by": pa.string(),
        "label_confidence": pa.float64(),
    }
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(columns)), folder / "data/test-00000-of-00001.parquet")


def test_dataset_rows_become_records(task, tmp_path):
    row: dict[str, Any] = {
        "id": "a",
        "text": "很好",
        "label": "positive",
        "lang": "zh",
        "source": "s",
        "label_by": "crowd:majority",
    }
    row |= {"meta_topic": "旅行", "meta_page": None}
    write_dataset(tmp_path / "d", [row])
    (record,) = read_test(tmp_path / "d", task)
    assert (record.id, record.fields, record.target, record.lang) == ("a", {"text": "很好"}, "positive", "zh")
    assert record.meta == {"topic": "旅行"}
    assert (record.source.name, record.labels_by.who) == ("s", "crowd:majority")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the test split is empty"),
        ([{"id": "a7", "text": "x", "label": "angry"}], "record a7: unknown_label: 'angry'"),
        ([{"id": "a7", "text": "x", "label": None}], "record a7 has no target"),
    ],
)
def test_bad_test_splits_are_explained(rows, message, task, tmp_path):
    write_dataset(tmp_path / "d", rows)
    with pytest.raises(PipelineError, match=message):
        read_test(tmp_path / "d", task)


def test_missing_split_is_explained(task, tmp_path):
    with pytest.raises(PipelineError, match="no such file"):
        read_split(tmp_path, "train", task)


def test_split_without_a_file_is_an_empty_split(task, tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(PipelineError, match="the test split is empty"):
        read_test(tmp_path, task)
