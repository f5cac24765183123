"""Whose texts may go to a service: by split, and nobody's before splits are drawn."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.clean.may_be_sent import rows_to_send, sent_and_kept
from pipeline.core.errors import PipelineError


def splits(*given: str | None) -> pa.Table:
    return pa.table({"split": pa.array(given, pa.string())})


def test_rows_of_the_named_splits() -> None:
    table = splits("train", "test", "train", "unlabelled")
    assert rows_to_send(table, ("train",), "tags") == [0, 2]
    assert rows_to_send(table, ("test", "unlabelled"), "tags") == [1, 3]
    assert sent_and_kept(table, [0, 2]) == {"sent": {"train": 2}, "kept_here": {"test": 1, "unlabelled": 1}}


def test_no_rows() -> None:
    assert rows_to_send(splits(), ("train",), "tags") == []
    assert sent_and_kept(splits(), []) == {"sent": {}, "kept_here": {}}


def test_a_record_without_split_stops_the_step() -> None:
    with pytest.raises(PipelineError, match="before splits are drawn"):
        rows_to_send(splits("test", None), ("train",), "tags")
