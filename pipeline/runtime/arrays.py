"""Arrays as parts of tables, so that an engine can send them to its workers, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def table_of(**arrays: NDArray[Any]) -> pa.Table:
    """One row for each of the arrays' first dimension; an array of two dimensions becomes a column of lists."""
    return pa.table({name: _column(array) for name, array in arrays.items()})


def array_of(column: pa.ChunkedArray) -> NDArray[Any]:
    """The array that such a column was made of, as memory of its own: how it lies there must not differ by engine."""
    kind, whole = column.type, column.combine_chunks()
    if pa.types.is_fixed_size_list(kind) and isinstance(whole, pa.FixedSizeListArray):
        return np.array(whole.flatten().to_numpy()).reshape(len(column), kind.list_size)
    return np.array(whole.to_numpy())


def _column(array: NDArray[Any]) -> pa.Array:
    if array.ndim == 1:
        return pa.array(array)
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(array).ravel()), array.shape[1])
