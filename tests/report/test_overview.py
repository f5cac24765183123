"""The first screen: the equation from rows read to the dataset, headline figures, the flow."""

from __future__ import annotations

import pytest

from pipeline.report.overview import equation, flow, headline
from tests.report.verdict.from_reports import inputs, stage


def terms(found):
    return {one["key"].removeprefix("equation."): one["sign"] * one["n"] for one in found["terms"]}


def test_nothing_has_run():
    assert equation(inputs()) is None
    assert headline(inputs()) == []
    assert flow(inputs())["stages"] == []


def test_rows_read_become_the_dataset():
    found = equation(
        inputs(
            collect=stage(100, 98),
            clean=stage(98, 90),
            label=stage(90),
            augment=stage(90) | {"added": 8, "kept": 95, "dropped": 3},
            validate={"dataset": {"rows": {"train": 70, "test": 10}, "augmented": 5, "not_exported": {"no_label": 15}}},
        )
    )
    assert terms(found) == {"read": 100, "dropped": -10, "augmented": 5, "no_label": -15}
    assert (found["dataset"], found["holds"]) == (80, True)


def test_before_the_export_the_last_stage_counts_and_a_lost_row_shows():
    assert equation(inputs(collect=stage(10), clean=stage(10, 7)))["dataset"] == 7
    lost = equation(inputs(collect=stage(10), clean=stage(10, 7) | {"kept": 6}))
    assert (lost["dataset"], lost["holds"]) == (6, False)


@pytest.mark.parametrize(
    ("stages", "balanced"),
    [
        ({"collect": stage(10), "clean": stage(10, 8)}, [True, True]),
        ({"collect": stage(10), "clean": stage(8)}, [True, False]),
        ({"collect": stage(10) | {"dropped": 1}}, [False]),
        ({"label": stage(5) | {"added": 2, "kept": 7}}, [True]),
    ],
)
def test_every_stage_adds_up_and_takes_what_the_one_before_kept(stages, balanced):
    assert [one["balanced"] for one in flow(inputs(**stages))["stages"]] == balanced
