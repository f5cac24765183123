"""Samples of records."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.report.inputs import sample


def test_a_sample_takes_some_of_every_group_whatever_the_order():
    table = pa.table({"id": ["c", "a", "b", "d"], "step": ["x", "x", "x", "y"]})
    wanted = [{"id": "a", "step": "x"}, {"id": "b", "step": "x"}, {"id": "d", "step": "y"}]
    assert sample(table, ["step"], 2).to_pylist() == wanted
    assert sample(table.take([3, 2, 1, 0]), ["step"], 2).to_pylist() == wanted
    assert sample(table, ["step"], 0).num_rows == 0


def test_a_sample_holds_the_smallest_ids_of_every_combination():
    rows: list[dict[str, Any]] = [
        {"id": f"{n:02}", "step": "ab"[n % 2], "reason": None if n % 3 else "x"} for n in range(30)
    ]
    found = sample(pa.Table.from_pylist(rows[::-1]), ["step", "reason"], 2).to_pylist()
    expected = [
        [row for row in rows if (row["step"], row["reason"]) == kind][:2]
        for kind in {(r["step"], r["reason"]) for r in rows}
    ]
    assert sorted(row["id"] for row in found) == sorted(row["id"] for part in expected for row in part)
