"""Declared groups and the learning curve on the page, in both languages."""

from dataclasses import replace

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.sections.model import model
from pipeline.report.sections.value import more_data, value
from tests.report.conftest import TASK

FIGURE = {"value": 0.8, "low": 0.7, "high": 0.9}
FAIRNESS = [
    {
        "attribute": "gender",
        "groups": [
            {"group": "women", "n": 40, **FIGURE},
            {"group": "男", "n": 30, **FIGURE},
            {"group": "none", "n": 0},
        ],
        "best": "women",
        "worst": "男",
        "gap": {"value": 0.2, "low": 0.1, "high": 0.3},
        "p": 0.001,
        "unequal": True,
        "swapped": {"n": 70, "changed": FIGURE},
    },
    {
        "attribute": "age",
        "groups": [{"group": "old", "n": 2, **FIGURE}, {"group": "young", "n": 0}],
        "swapped": {"n": 0},
    },
]
CURVE = {
    "points": [{"records": n, "value": v, "low": v - 0.01, "high": v + 0.01} for n, v in ((500, 0.6), (4000, 0.75))],
    "doubled": {"value": 0.02, "low": 0.01, "high": 0.03},
    "sentence": "Twice ...",
}


def with_reports(project, **reports):
    inputs = load_inputs(project, TASK, Params())
    return replace(inputs, reports={**inputs.reports, **reports})


def named(blocks, kind, name):
    return next(block for block in blocks if (block["kind"], block.get("name")) == (kind, name))


def test_declared_groups_are_compared_and_small_ones_only_shown(project):
    inputs = with_reports(project)
    blocks = model(with_reports(project, evaluate={**inputs.report("evaluate"), "fairness": FAIRNESS}))
    gender, age = named(blocks, "table", "fairness")["rows"]
    assert gender == ["gender", "women", "男", FAIRNESS[0]["gap"], 0.001, "unequal", 70, FIGURE]
    assert age == ["age", None, None, None, None, "too_small", 0, None]
    groups = named(blocks, "table", "fairness_groups")["rows"]
    assert [row[1:3] for row in groups] == [["women", 40], ["男", 30], ["none", 0], ["old", 2], ["young", 0]]
    assert groups[2][3] is None


@pytest.mark.parametrize(("found", "notes"), [([], ["fairness_none"]), (None, [])])
def test_no_declared_group_is_said(project, found, notes):
    evaluated = {k: v for k, v in with_reports(project).report("evaluate").items() if k != "fairness"}
    blocks = model(with_reports(project, evaluate=evaluated if found is None else {**evaluated, "fairness": found}))
    assert [block["key"] for block in blocks if block["kind"] == "note"] == notes


def test_the_learning_curve_ends_with_what_twice_the_records_would_bring():
    chart, said = more_data(CURVE, "macro_f1")
    assert [row["name"] for row in chart["rows"]] == ["500", "4,000", "twice_as_many"]
    assert chart["rows"][-1]["value"] == pytest.approx(0.77)
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
