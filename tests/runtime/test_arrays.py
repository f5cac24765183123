"""Arrays that pass through parts of tables come back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.runtime.arrays import array_of, table_of
from pipeline.runtime.engine import packed, unpacked

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "array",
    [
        RNG.normal(size=(7, 3)).astype(np.float32),
        RNG.normal(size=(7, 3))[:, ::-1],
        np.zeros((0, 4), np.float32),
        np.arange(5),
        np.zeros(0, np.int64),
        np.array([2**63], np.uint64),
    ],
    ids=["rows", "backwards", "no rows", "numbers", "no numbers", "large"],
)
def test_an_array_comes_back_as_it_was(array: np.ndarray) -> None:
    column = unpacked(packed(table_of(one=array)))["one"]
    found = array_of(column)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert np.array_equal(found, array)
    assert found.flags.writeable


def test_some_rows_of_a_column_are_those_rows() -> None:
    rows = RNG.normal(size=(9, 2))
    column = table_of(one=rows)["one"]
    assert np.array_equal(array_of(column.slice(2, 5)), rows[2:7])
