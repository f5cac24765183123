"""Results of stages while nobody has labelled a record."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from pipeline.runtime.awaiting_labels import awaits_labels, dataset_awaits_labels, write_awaiting
from pipeline.runtime.store import read_table


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        ([], True),
        (["benchmark"], True),
        ([None, "unlabelled"], True),
        (["benchmark", "train"], False),
        (["test"], False),
    ],
)
def test_a_table_without_train_dev_and_test_awaits_labels(splits, expected):
    assert awaits_labels(pa.table({"split": pa.array(splits, pa.string())})) is expected


def test_every_declared_result_is_there_and_says_why(tmp_path):
    tables, columns = {"list.parquet": pa.schema({"id": pa.string()})}, {"history.csv": ("step", "dev_loss")}
    write_awaiting("train", tmp_path, tables, columns, ["dataset"])
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["awaiting_labels"] is True
    assert "label these first" in report["why"]
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8")) == {"applies": 0}
    assert read_table(tmp_path / "list.parquet").num_rows == 0
    assert (tmp_path / "history.csv").read_text("utf-8") == "step,dev_loss\n"
    assert dataset_awaits_labels(tmp_path / "dataset")
    assert not dataset_awaits_labels(tmp_path)
