"""Reports of evaluate and value that a page shows."""

from __future__ import annotations

from dataclasses import replace

from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
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


def with_reports(project, **reports):
    inputs = load_inputs(project, TASK, Params())
    return replace(inputs, reports={**inputs.reports, **reports})
