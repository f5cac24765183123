"""The model's errors."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.report.sections.model import NO_SPAN, model, span_pairs
from tests.report.conftest import TASK
from tests.report.model_reports import FAIRNESS, FIGURE, with_reports
from tests.report.pages import section


def test_the_confusion_matrix_is_counted_from_predictions(document):
    heat = next(block for block in section(document, "model") if block["kind"] == "heat")
    assert (heat["labels"], heat["counts"]) == (list(TASK.labels), [[50, 8, 2], [6, 40, 9], [1, 7, 70]])


def test_span_pairs_match_by_overlap_once():
    truth: list[Any] = [{"start": 0, "end": 5, "label": "ORG"}, {"start": 9, "end": 12, "label": "LOC"}]
    guess: list[Any] = [{"start": 0, "end": 7, "label": "LOC"}, {"start": 20, "end": 22, "label": "PER"}]
    assert span_pairs(truth, guess) == [("ORG", "LOC"), ("LOC", NO_SPAN), (NO_SPAN, "PER")]
    assert span_pairs(None, []) == []


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


@pytest.mark.parametrize(("due", "key", "tone"), [(1, "few_calls", "warn"), (30, "calls", "info")])
def test_figures_on_calls_say_how_many_replies_they_rest_on(project, due, key, tone):
    counts = {"replies_that_should_call": due, "replies_that_call": 2}
    blocks = model(with_reports(project, evaluate={**with_reports(project).report("evaluate"), "details": counts}))
    told = next(block for block in blocks if block["kind"] == "note" and block["key"] == key)
    assert (told["tone"], told["args"]["due"], told["args"]["made"]) == (tone, due, 2)
