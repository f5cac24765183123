"""Tables in parts, bounded by rows and by bytes, and rows picked from them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.runtime import parts, store
from pipeline.runtime.parts import parts_of, take_rows

TABLE = pa.concat_tables(
    [
        pa.table({"n": range(start, end), "f": [{"text": "好" * n} for n in range(start, end)]})
        for start, end in ((0, 7), (7, 8), (8, 40))
    ]
)


@pytest.mark.parametrize(("rows", "most"), [(5, 1 << 20), (100, 400), (1, 1), (100, 1 << 20)])
def test_parts_hold_every_row_once_within_both_bounds(rows: int, most: int) -> None:
    found = list(parts_of(TABLE, rows, most))
    assert pa.concat_tables(found).equals(TABLE)
    assert max(part.num_rows for part in found) <= rows
    assert all(part.nbytes <= most or part.num_rows == 1 for part in found)
    assert all(part["f"].num_chunks == 1 for part in found)
    assert list(parts_of(TABLE.slice(0, 0), rows, most)) == []


@pytest.mark.parametrize("rows", [[], [0], [39, 0, 7, 7, 3], list(range(40)), list(range(39, -1, -1))])
def test_rows_are_taken_as_arrow_does(rows: list[int]) -> None:
    assert take_rows(TABLE, rows).equals(TABLE.take(pa.array(rows, pa.int64())))


def test_files_are_the_same_however_a_table_is_cut(tmp_path: Path) -> None:
    store.write_table(TABLE, tmp_path / "a.parquet")
    store.write_table(TABLE.combine_chunks(), tmp_path / "b.parquet")
    pq.write_table(TABLE.combine_chunks(), tmp_path / "c.parquet", compression="zstd", row_group_size=65_536)
    assert len({(tmp_path / f"{name}.parquet").read_bytes() for name in "abc"}) == 1
    store.write_table(TABLE.slice(0, 0), tmp_path / "none.parquet")
    assert store.read_table(tmp_path / "none.parquet").num_rows == 0


def test_row_groups_stay_below_what_a_reader_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_ROW_GROUP_BYTES", 500)
    store.write_table(TABLE, tmp_path / "a.parquet")
    assert pq.read_metadata(tmp_path / "a.parquet").num_row_groups > 3
    assert store.read_table(tmp_path / "a.parquet").equals(TABLE)
    assert parts.MOST_BYTES < 2**31
