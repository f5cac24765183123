"""The page as a whole: its first screen, its flow, and what is missing."""

from __future__ import annotations

import shutil

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.runtime.store import read_json, write_json
from tests.report.conftest import TASK, make_project
from tests.report.pages import table


def test_the_first_screen_sums_up(document):
    assert document["verdict"]["state"] == "warn"
    terms = [(one["key"], one["sign"] * one["n"]) for one in document["equation"]["terms"]]
    assert terms == [("equation.read", 60), ("equation.dropped", -3), ("equation.augmented", 5)]
    assert (document["equation"]["dataset"], document["equation"]["holds"]) == (62, True)
    figures = {one["key"]: one["value"] for one in document["headline"]}
    assert figures["headline.label_errors"] == 8
    assert figures["headline.metric"]["value"] == 0.71
    assert [one["key"] for one in document["fixes"]] == [
        "fix.expectation_counts",
        "fix.review",
        "fix.quarantine",
    ]


def test_the_flow_adds_up_and_says_where_it_does_not(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    report = read_json(data / "clean/report.json")
    write_json({**report, "kept": report["kept"] - 1}, data / "clean/report.json")
    document = build(load_inputs(data, TASK, Params()))
    assert [stage["balanced"] for stage in document["flow"]["stages"]] == [True, False, False, True]
    assert document["verdict"]["state"] == "fail"


def test_a_failed_error_makes_the_verdict_fail_and_comes_first(project, tmp_path):
    data = shutil.copytree(project, tmp_path / "data")
    failed = {
        "expect": "no_leakage",
        "severity": "error",
        "passed": False,
        "unexpected": 1,
        "first": [{"id": "abc", "why": "copy"}],
    }
    write_json({"expectations": [failed]}, data / "validate/report.json")
    document = build(load_inputs(data, TASK, Params()))
    assert document["verdict"]["state"] == "fail"
    assert document["fixes"][0]["args"] == {"name": "no_leakage"}
    assert document["fixes"][0]["action"] == {"kind": "rows", "href": "#expectations/expectations?ok=False"}


def test_a_page_of_nothing_still_opens(tmp_path):
    document = build(load_inputs(tmp_path, TASK, Params()))
    assert document["verdict"]["state"] == "unknown"
    assert all(one["blocks"][0]["kind"] == "missing" for one in document["sections"])
    assert "<h1>" in render(document)


@pytest.mark.parametrize("gone", ["collect", "clean", "label", "augment", "validate", "train", "evaluate"])
def test_any_one_stage_may_be_missing(project, tmp_path, gone):
    data = shutil.copytree(project, tmp_path / "data")
    shutil.rmtree(data / gone)
    assert "<h1>" in render(build(load_inputs(data, TASK, Params())))


def test_long_texts_and_many_rows_are_cut(project, document):
    assert len(render(document)) < 400_000
    few = build(load_inputs(project, TASK, Params(max_rows=3, max_characters=20)))
    doubtful = table(few, "label_errors", "label_errors")
    assert (len(doubtful["rows"]), doubtful["total"]) == (3, 8)
    assert all(len(row[0]) <= 20 for row in doubtful["rows"])


def test_one_record_is_enough(tmp_path):
    data = make_project(tmp_path / "data", size=30, hostile=False)
    for stage in ("collect", "clean", "label", "augment"):
        report = read_json(data / stage / "report.json")
        write_json({**report, "in": 1, "added": 0, "kept": 1, "dropped": 0, "steps": []}, data / stage / "report.json")
    assert "<h1>" in render(build(load_inputs(data, TASK, Params())))
