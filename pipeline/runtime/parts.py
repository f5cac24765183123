"""Tables in parts: Arrow's strings hold at most 2 GiB in one piece, and few rows are Python objects at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

#: Bytes of a part, unless one row alone is larger: what is made of a part may be several times as large.
#: A guess: not measured.
MOST_BYTES = 256 * 2**20


def parts_of(table: pa.Table, rows: int, most_bytes: int = MOST_BYTES) -> Iterator[pa.Table]:
    """The table in parts of one chunk a column, of at most `rows` rows and `most_bytes`, in order; none of no rows."""
    for batch in table.to_batches(max_chunksize=rows):
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start)
            while part.nbytes > most_bytes and part.num_rows > 1:
                part = part.slice(0, part.num_rows // 2)
            yield pa.Table.from_batches([part])
            start += part.num_rows


def take_rows(table: pa.Table, rows: Sequence[int] | NDArray[np.int64]) -> pa.Table:
    """The rows with these numbers, in this order. `Table.take` fails where a column holds more than 2 GiB of text."""
    wanted = np.asarray(rows, np.int64)
    ascending, places = np.unique(wanted, return_inverse=True)
    found, start = [table.slice(0, 0)], 0
    for batch in table.to_batches():
        low, high = np.searchsorted(ascending, [start, start + batch.num_rows])
        if high > low:
            found.append(pa.Table.from_batches([batch.take(pa.array(ascending[low:high] - start))]))
        start += batch.num_rows
    picked = pa.concat_tables(found)
    return picked if np.array_equal(ascending, wanted) else picked.take(pa.array(places))
