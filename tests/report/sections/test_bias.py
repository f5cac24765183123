"""Which label a group leans to."""

from __future__ import annotations

from dataclasses import replace

from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.sections.bias import bias
from tests.report.conftest import TASK


def test_a_group_leans_to_the_label_that_it_has_more_of(project):
    slices = [
        {"slice": "short", "records": 100, "classes": {"positive": 40, "neutral": 40, "negative": 20}},
        {"slice": "long", "records": 100, "classes": {"positive": 20, "neutral": 30, "negative": 50}},
    ]
    inputs = load_inputs(project, TASK, Params())
    profile = {
        **inputs.profile,
        "bias": [{"attribute": "source", "measure": "cramers_v", "value": 0.3, "slices": slices}],
    }
    _, groups = bias(replace(inputs, profile=profile))
    leans = {row[1]: (row[-3], round(row[-2], 2)) for row in groups["rows"]}
    assert leans == {"long": ("negative", 0.15), "short": ("positive", 0.1)}
