"""Samples of records, and what an earlier run left."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipeline.report.inputs import STAGES, load_inputs, sample
from pipeline.report.params import Params
from pipeline.runtime.store import write_json
from tests.report.conftest import TASK


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


@pytest.mark.parametrize(
    ("stopped", "left_over"),
    [
        ("clean", {"label", "augment", "validate", "train", "evaluate", "value"}),
        ("train", {"evaluate"}),
        ("evaluate", set()),
        ("value", set()),
    ],
)
def test_what_an_earlier_run_left_behind_a_stage_that_stopped_reads_as_missing(tmp_path, stopped, left_over):
    for stage in STAGES:
        (tmp_path / stage).mkdir()
        if stage != stopped:  # DVC removes the results of a stage before it runs it
            write_json({"stage": stage}, tmp_path / stage / "report.json")
    found = load_inputs(tmp_path, TASK, Params())
    assert found.left_over == left_over
    assert set(found.reports) == set(STAGES) - left_over - {stopped}


def test_after_a_failed_validation_no_model_of_an_earlier_version_is_shown(tmp_path):
    for stage in STAGES:
        write_json({"stage": stage}, tmp_path / stage / "report.json")
    assert not load_inputs(tmp_path, TASK, Params()).left_over
    failed = {"expectations": [{"passed": False, "severity": "error"}]}
    write_json({"stage": "validate", **failed}, tmp_path / "validate/report.json")
    found = load_inputs(tmp_path, TASK, Params())
    assert found.left_over == {"train", "evaluate", "value"}
    assert "validate" in found.reports
    assert found.place("evaluate/report.json") is None
