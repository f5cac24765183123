"""What changed in a part of a table since it was last worked on, so that row-wise work is done for those rows alone.

Rows are matched by their ids. A row that changed is one that went and one that came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Result = TypeVar("Result")
Mask = NDArray[np.bool_]

#: With more rows to be worked on than this share of the part, all of it is worked on. A guess: not measured.
_MOST = 0.25


@dataclass(frozen=True)
class Change:
    """Rows of an earlier part that are gone, rows of the part that came, and the ids of both parts."""

    gone: Mask
    came: Mask
    before: NDArray[Any]
    after: NDArray[Any]

    @property
    def gone_ids(self) -> frozenset[str]:
        """The ids of the rows that are gone."""
        return frozenset(self.before[self.gone].tolist())

    def rows(self, before: pa.Table, came: pa.Table) -> pa.Table:
        """Two tables of results, row for row, as the one that the whole part would give: one chunk a column."""
        stay = before.filter(pa.array(~self.gone))
        both = pa.concat_tables([stay, came]) if came.num_rows else stay
        ids = np.concatenate([self.before[~self.gone], self.after[self.came]])
        return both.take(pa.array(np.argsort(ids, kind="stable"))).combine_chunks()


#: (the earlier result, that of the rows gone if any, that of the rows that came, the change) -> the result now.
#: None where it cannot be told; then the whole part is worked on.
Update = Callable[[Result, Result | None, Result, Change], Result | None]


def changed_rows(before: pa.Table, old_ids: NDArray[Any], after: pa.Table, new_ids: NDArray[Any]) -> Change | None:
    """What changed, or None where it is too much, an id stands twice, or rows are in another order than their ids."""
    if before.schema != after.schema or not (_ascend(old_ids) and _ascend(new_ids)):
        return None
    _, old, new = np.intersect1d(old_ids, new_ids, assume_unique=True, return_indices=True)
    gone, came = np.ones(len(old_ids), bool), np.ones(len(new_ids), bool)
    gone[old], came[new] = False, False
    if _too_many(gone, came):
        return None
    differs = _unequal(_taken(before, ~gone), _taken(after, ~came))
    gone[old[differs]], came[new[differs]] = True, True
    return None if _too_many(gone, came) else Change(gone, came, old_ids, new_ids)


def _ascend(ids: NDArray[Any]) -> bool:
    return bool((ids[1:] > ids[:-1]).all())


def _too_many(gone: Mask, came: Mask) -> bool:
    return bool(gone.sum() + came.sum() > _MOST * len(came))


def _taken(table: pa.Table, rows: Mask) -> pa.Table:
    return table if rows.all() else table.filter(pa.array(rows))


def _unequal(a: pa.Table, b: pa.Table) -> list[int]:
    """The numbers of the rows in which two tables differ, found by halving: Arrow compares nested columns whole."""
    found, todo = [], [(0, a.num_rows)]
    while todo:
        start, size = todo.pop()
        if size == 0 or a.slice(start, size).equals(b.slice(start, size)):
            continue
        if size == 1:
            found.append(start)
            continue
        half = size // 2
        todo += [(start, half), (start + half, size - half)]
    return sorted(found)
