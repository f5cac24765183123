"""What the fixes are expected to gain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.report.fixes import fixes
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from tests.report.conftest import TASK


@pytest.mark.parametrize("copies", [["symmetric", "confused"], ["planted"]])
def test_expected_gains_come_from_what_was_measured(project, copies):
    inputs = load_inputs(project, TASK, Params())
    found = [{"threshold": 0.6, "changed": 4, "precision": 0.9}, {"threshold": 0.5, "changed": 8, "precision": 0.5}]
    planted = {"planted": {"copies": {name: {"thresholds": found} for name in copies}}}  # one copy or more, by target
    steps = [*inputs.report("clean")["steps"], {"step": "label_errors", "notes": planted}]
    weak = {"attribute": "lang", "slice": "zh", "n": 20, "worse": True, "difference": {"value": -0.1}}
    evaluated = {**inputs.report("evaluate"), "n": 100, "slices": [weak]}
    reports = {**inputs.reports, "clean": {**inputs.report("clean"), "steps": steps}, "evaluate": evaluated}
    gains = {one["key"]: one["gain"] for one in fixes(replace(inputs, reports=reports))}
    figures = {"n": 4, "low": 2, "high": 6, "share": "6.5 %"}  # half of 8, Wilson's interval, of 62 records
    assert gains["fix.review"] == {"key": "gain.labels", "args": figures}
    assert gains["fix.slice"]["args"]["points"] == "2.0"  # 20 of 100 rows, a tenth worse
    assert gains["fix.quarantine"]["args"]["n"] == 1


def test_a_loss_is_lower_by_nats_not_by_points(project):
    inputs = load_inputs(project, TASK, Params())
    weak = {"attribute": "lang", "slice": "zh", "n": 20, "worse": True, "difference": {"value": 0.5}}
    loss = {"headline": "loss_per_token", "lower_is_better": ["loss_per_token"], "n": 100, "slices": [weak]}
    reports = {**inputs.reports, "evaluate": {**inputs.report("evaluate"), **loss}}
    gains = {one["key"]: one["gain"] for one in fixes(replace(inputs, reports=reports))}
    assert gains["fix.slice"]["key"] == "gain.loss"
    assert gains["fix.slice"]["args"]["points"] == "0.100"


def _with_notes(inputs, notes, **evaluate):
    steps = [*inputs.report("clean")["steps"], {"step": "label_errors", "notes": notes}]
    evaluated = {**inputs.report("evaluate"), "n": 100, **evaluate}
    clean = {**inputs.report("clean"), "steps": steps}
    return replace(inputs, reports={**inputs.reports, "clean": clean, "evaluate": evaluated})


def test_labels_that_cannot_be_learned_and_a_useless_model_come_first(project):
    inputs = load_inputs(project, TASK, Params())
    one = {"records": 200, "suspected": 133, "share": None, "mostly": None}
    noise = {
        "records": 600,
        "suspected": 399,
        "share": None,
        "cannot_tell": "",
        "classes": {n: one for n in TASK.labels},
    }
    reference = {"model_minus_reference": {"macro_f1": {"value": 0.02, "low": -0.1, "high": 0.2}}}
    found: Any = fixes(_with_notes(inputs, {"label_noise": noise}, baselines={"majority": reference}))
    assert [one["key"] for one in found[:2]] == ["fix.labels_unrelated", "fix.model_no_better"]
    assert found[0]["action"]["text"].startswith("label: {audit:")
    assert {one["tone"] for one in found[:2]} == {"bad"}
    good = {"model_minus_reference": {"macro_f1": {"value": 0.3, "low": 0.2, "high": 0.4}}}
    learnable = {**noise, "suspected": 24}
    keys = [one["key"] for one in fixes(_with_notes(inputs, {"label_noise": learnable}, baselines={"majority": good}))]
    assert not {"fix.labels_unrelated", "fix.model_no_better"} & {*keys}


def test_shares_are_of_the_rows_read_while_nothing_is_in_the_dataset(project):
    inputs = load_inputs(project, TASK, Params())
    empty = {**inputs.report("augment"), "kept": 0}
    read = inputs.report("collect")["kept"]
    label = {**inputs.report("label"), "steps": [{"step": "merge", "reasons": {"awaiting_label": read}}]}
    reports = {**inputs.reports, "augment": empty, "label": label}
    gains = {one["key"]: one["gain"] for one in fixes(replace(inputs, reports=reports))}
    assert gains["fix.unlabelled"]["args"] == {"n": read, "share": "100 %"}


@pytest.mark.parametrize(
    ("share", "gain"),
    [
        (None, ("gain.labels", 4, 2)),  # the data cannot tell: what was measured on planted errors stands alone
        ({"value": 0.2, "low": 0.1, "high": 0.3}, ("gain.labels", 4, 2)),
        ({"value": 0.0, "low": 0.0, "high": 0.1}, ("gain.labels_at_most", 4, 0)),
        ({"value": 0.01, "low": 0.0, "high": 0.05}, ("gain.labels_at_most", 2, 0)),
        ({"value": 0.0, "low": 0.0, "high": 0.0}, ("gain.labels_at_most", 0, 0)),
    ],
)
def test_the_gain_of_a_review_is_no_more_than_the_estimate_of_wrong_labels(project, share, gain):
    inputs = load_inputs(project, TASK, Params())
    planted = {"copies": {"planted": {"thresholds": [{"threshold": 0.5, "changed": 8, "precision": 0.5}]}}}
    estimate = {"share": share, "records": 40, "classes": {}, "cannot_tell": None}
    notes = {"planted": planted, "label_noise": estimate}
    steps = [*inputs.report("clean")["steps"], {"step": "label_errors", "notes": notes}]
    reports = {**inputs.reports, "clean": {**inputs.report("clean"), "steps": steps}}
    gains = {one["key"]: one["gain"] for one in fixes(replace(inputs, reports=reports))}
    found = gains["fix.review"]
    assert (found["key"], found["args"]["n"], found["args"]["low"]) == gain
