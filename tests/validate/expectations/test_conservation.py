"""Records that no stage may lose."""

from __future__ import annotations

import pytest

from pipeline.validate.suite import make_checks, read_suite
from tests.validate.conftest import sound_reviews, view


def conservation(change):
    looked_at = view(sound_reviews())
    change(looked_at.reports)
    rules = read_suite([{"expect": "conserved_counts"}])
    return make_checks(rules, looked_at)[0].arguments["problems"]


@pytest.mark.parametrize(
    ("stage", "key", "value", "problem"),
    [
        ("clean", "dropped", 1, "clean: 10 in + 0 added, but 8 kept + 1 dropped"),
        ("label", "in", 7, "clean kept 8 records, label took 7"),
        ("augment", "kept", 9, "augment kept 9 records by its report, its table has 8"),
        ("collect", "kept", None, "collect: the report does not say in, added, kept and dropped"),
    ],
)
def test_lost_records_are_found(stage, key, value, problem):
    assert problem in conservation(lambda reports: reports[stage].update({key: value}))


def test_a_step_that_loses_records_is_found():
    def change(reports):
        reports["clean"]["steps"][0]["kept"] = 7

    assert conservation(change) == ["clean.only: 10 in + 0 added, but 7 kept + 2 dropped"]
