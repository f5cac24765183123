from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.validate.gx import run_suite
from pipeline.validate.params import BASIC_SUITE, Params
from pipeline.validate.suite import make_checks, read_suite
from tests.validate.conftest import CHAT, check, review, sound_chats, sound_reviews, view


def message(entries):
    with pytest.raises(PipelineError) as caught:
        make_checks(read_suite(entries), view(sound_reviews()))
    return str(caught.value)


def test_an_unknown_expectation_gets_a_suggestion():
    text = message([{"expect": "unique", "column": "id"}, {"expect": "no_leekage"}])
    assert "params.yaml: validate.suite, entry 2: unknown name 'no_leekage'." in text
    assert "Did you mean 'no_leakage'?" in text


def test_an_unknown_column_lists_the_columns():
    text = message([{"expect": "values_present", "column": "txt"}])
    assert "entry 1 (values_present): the table has no column 'txt'." in text
    assert "Did you mean 'text'? Known: group, id, label, label_by," in text


def test_an_unknown_setting_gets_a_suggestion():
    text = message([{"expect": "length_between", "column": "text", "minimum": 3}])
    assert "entry 1 (length_between).minimum is not a known setting. Did you mean 'min'?" in text


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"expect": "length_between", "column": "text"}, "give min, max or both"),
        ({"expect": "length_between", "column": "text", "min": 9, "max": 3}, "min is above max"),
        ({"expect": "values_present"}, "column is missing: it has no default"),
        ({"expect": "unique", "column": "id", "severity": "fatal"}, "severity: Input should be 'error' or 'warn'"),
        ({"expect": "unique", "column": "id", "share": 1.5}, "share: Input should be less than or equal to 1"),
        ({"column": "id"}, "entry 1 names no expectation"),
    ],
)
def test_wrong_settings_are_explained(entry, problem):
    assert problem in message([entry])


def test_an_empty_suite_is_refused():
    assert "validate.suite is empty" in message([])


def test_the_basic_suite_runs_for_every_task_type():
    assert Params().suite == BASIC_SUITE
    for looked_at in (view(sound_reviews()), view(sound_chats(), CHAT)):
        rules = read_suite(BASIC_SUITE)
        findings, outcome = run_suite(rules, make_checks(rules, looked_at), looked_at)
        assert [finding.expect for finding in findings] == [entry["expect"] for entry in BASIC_SUITE]
        assert all(finding.passed for finding in findings)
        assert outcome.success


def test_the_same_expectation_may_stand_twice():
    entries: list[dict[str, object]] = [
        {"expect": "no_leakage"},
        {"expect": "no_leakage"},
        {"expect": "no_leakage", "share": 0.5},
    ]
    looked_at = view([*sound_reviews(), review("bad", "Would watch it again.")])
    rules = read_suite(entries)
    findings, _ = run_suite(rules, make_checks(rules, looked_at), looked_at)
    assert [finding.passed for finding in findings] == [False, False, True]


def test_no_more_than_twenty_records_are_named():
    records = [review(f"r{n:02}", "好") for n in range(25)]
    finding = check(records, expect="length_between", column="text", min=2)
    assert finding.unexpected == 25
    assert [item["id"] for item in finding.first] == [f"r{n:02}" for n in range(20)]
