"""What more data would bring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.report.document import build
from pipeline.report.fixes import fixes
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.sections.value import more_data, value
from tests.report.model_reports import FAIRNESS, with_reports

CURVE: Any = {
    "points": [{"records": n, "value": v, "low": v - 0.01, "high": v + 0.01} for n, v in ((500, 0.6), (4000, 0.75))],
    "forecast": {"value": 0.77, "low": 0.73, "high": 0.81},
    "doubled": {"value": 0.02, "low": 0.01, "high": 0.03},
    "sentence": "Twice ...",
}


def test_the_learning_curve_ends_with_what_twice_the_records_would_bring():
    chart: Any
    chart, said = more_data(CURVE, "macro_f1")
    assert [row["name"] for row in chart["rows"]] == ["500", "4,000", "twice_as_many"]
    assert chart["rows"][-1] == {"name": "twice_as_many", "value": 0.77, "low": 0.73, "high": 0.81}
    assert said["args"] == {"records": 4000, "metric": "macro_f1", "value": "+0.020", "low": "+0.010", "high": "+0.030"}
    assert [block["kind"] for block in more_data({"points": CURVE["points"][:1]}, "accuracy")] == ["intervals"]
    assert more_data({}, "accuracy") == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Twice the 4,000 records", "served worst", "twice as many (forecast)")),
     ("zh", ("4,000 条增加一倍", "表现最差的群组", "两倍数据（预测）"))],
)  # fmt: skip
def test_both_are_on_the_page_in_both_languages(project, language, words):
    inputs = with_reports(project)
    worth = {"metric": "macro_f1", "steps": [], "variants": {}, "more_data": CURVE}
    reports = {**inputs.reports, "evaluate": {**inputs.report("evaluate"), "fairness": FAIRNESS}, "value": worth}
    page = render(build(replace(inputs, reports=reports, params=Params(language=language))))
    assert all(word in page for word in words)
    assert "more_data" in [block.get("name") for block in value(replace(inputs, reports=reports))]


def test_a_curve_of_a_sample_is_no_advice_for_a_dataset_that_has_those_rows_already(project):
    inputs = with_reports(project)
    reports = {**inputs.reports, "value": {"metric": "macro_f1", "steps": [], "variants": {}, "more_data": CURVE}}
    for held, is_advice in ((4000, True), (8000, False)):
        profile = {**inputs.profile, "rows": {"train": held}}
        known = replace(inputs, reports=reports, profile=profile)
        assert ("fix.more_data" in [fix["key"] for fix in fixes(known)]) is is_advice
        notes = [block.get("key") for block in value(known) if block["kind"] == "note"]
        assert notes == (["more_data"] if is_advice else ["more_data", "more_data_held"])
