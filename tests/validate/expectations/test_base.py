"""What an expectation is made of: figures between bounds, and titles in words."""

from __future__ import annotations

import math

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import parse
from pipeline.validate.expectations.base import (
    NO_PROBLEMS,
    ColumnRule,
    Gauge,
    Rule,
    ShareRule,
    mostly,
    totals,
    verdicts,
    within,
)


@pytest.mark.parametrize(
    ("gauge", "room"),
    [
        (Gauge(0.9, low=0.6), 0.5),
        (Gauge(0.3, low=0.6), -0.5),
        (Gauge(5, high=10), 0.5),
        (Gauge(5, low=4, high=10), 0.25),
        (Gauge(1, high=0), -1.0),
        (Gauge(0, low=0), 0.0),
        (Gauge(3), math.inf),
    ],
)
def test_the_room_is_relative_to_the_nearest_bound(gauge, room):
    assert gauge.room == pytest.approx(room)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, "any"),
        (3, None, "at least 3"),
        (None, 12_000, "at most 12,000"),
        (0.25, 0.5, "between 0.25 and 0.5"),
        (0, 0, "between 0 and 0"),
    ],
)
def test_bounds_in_words(low, high, words):
    assert within(low, high) == words


@pytest.mark.parametrize(("share", "words"), [(1.0, ""), (0.95, " in at least 0.95 of the records")])
def test_a_share_below_one_is_said(share, words):
    assert mostly(share) == words


def test_a_check_of_records_is_one_verdict_each():
    check = verdicts("标题", [None, "空"], 0.9, "one of two")
    assert (check.arguments, check.verdicts, check.facts) == ({"mostly": 0.9}, [None, "空"], "one of two")
    assert check.gx != NO_PROBLEMS


def test_a_check_of_the_table_holds_its_figures():
    check = totals("t", (), "seen 3", rows=Gauge(3, low=1, unit="count"))
    assert check.arguments == {"problems": [], "observed": "seen 3"}
    assert check.gauges["rows"].value == 3
    assert check.verdicts is None


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (Rule, {"expect": "x", "severity": "fatal"}, "severity"),
        (ShareRule, {"expect": "x", "share": 1.2}, "share"),
        (ColumnRule, {"expect": "x"}, "column"),
        (Rule, {"expect": "x", "nite": "why"}, "note"),
    ],
)
def test_wrong_entries_are_named(kind, values, said):
    with pytest.raises(PipelineError) as error:
        parse(values, kind, "params.yaml: validate.suite")
    assert said in f"{error.value.message} {error.value.hint}"
