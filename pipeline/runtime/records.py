"""A table's records as a sequence or a mapping that decodes what is looked at: few are Python objects at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, ValuesView
from itertools import accumulate
from typing import overload

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.record import Record
from pipeline.runtime.parts import parts_of, take_rows
from pipeline.runtime.store import lean_records, to_records

_ROWS = 4096  # a part that is decoded at once; a guess: not measured
#: Bytes, as Arrow holds them, of parts that stay decoded: about a million short texts. Others are decoded each time.
#: A guess: not measured.
_HELD = 2**28


class Records(Sequence[Record]):
    """A table's records in its order. With `lean`, without votes, scores, history and source rows (`lean_records`)."""

    def __init__(self, table: pa.Table, lean: bool = False) -> None:
        self.table = table
        self._parts = list(parts_of(table, _ROWS))
        self._ends = list(accumulate(part.num_rows for part in self._parts))
        self._is_lean = lean
        self._decode: Callable[[pa.Table], Iterable[Record]] = _lean if lean else to_records
        self._held: dict[int, list[Record]] = {}
        self._latest: tuple[int, list[Record]] = (-1, [])
        self._room = _HELD

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Record]:
        for number in range(len(self._parts)):
            yield from self._part(number)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        place = place + len(self) if place < 0 else place
        if not 0 <= place < len(self):
            raise IndexError(place)
        number = bisect_left(self._ends, place + 1)
        return self._part(number)[place - self._ends[number]]

    def where(self, fits: pa.ChunkedArray) -> Records:
        """Those whose row is true in `fits`. Where all are, these very records: none is decoded twice."""
        if not fits.null_count and pc.all(fits).as_py():
            return self
        return Records(self.table.filter(fits), self._is_lean)

    def _part(self, number: int) -> list[Record]:
        if number in self._held:
            return self._held[number]
        if self._latest[0] == number:
            return self._latest[1]
        found = list(self._decode(self._parts[number]))
        self._room -= self._parts[number].nbytes
        if self._room > 0:
            self._held[number] = found
        else:
            self._latest = number, found
        return found


class RecordsById(Mapping[str, Record]):
    """A table's records by id, in the order of ids."""

    def __init__(self, table: pa.Table) -> None:
        order = pc.sort_indices(table["id"]).to_numpy()
        self.table = table if (order[1:] > order[:-1]).all() else take_rows(table, order)
        self._ids = self.table["id"].combine_chunks()
        self._records = Records(self.table)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        for batch in self.table.select(["id"]).to_batches(max_chunksize=_ROWS):
            yield from batch["id"].to_pylist()

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._place(id) is not None

    def __getitem__(self, id: str) -> Record:
        place = self._place(id)
        if place is None:
            raise KeyError(id)
        return self._records[place]

    def values(self) -> ValuesView[Record]:
        """All records, decoded part by part."""
        return _Values(self, self._records)

    def _place(self, id: str) -> int | None:
        place = bisect_left(range(len(self._ids)), id, key=lambda n: str(self._ids[n].as_py()))
        return place if place < len(self._ids) and self._ids[place].as_py() == id else None


class _Values(ValuesView[Record]):
    """The values of a mapping, without looking each of them up."""

    def __init__(self, mapping: Mapping[str, Record], records: Records) -> None:
        super().__init__(mapping)
        self._records = records

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)


def _lean(part: pa.Table) -> Iterator[Record]:
    return lean_records(part.to_batches())
