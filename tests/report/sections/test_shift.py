"""Distances of train and test beside chance, classes without records, releases, and the geometry of a histogram."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.commands.release import release
from pipeline.core.errors import PipelineError
from pipeline.report.document import build
from pipeline.report.draw import columns
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import render
from pipeline.report.sections.balance import balance
from pipeline.report.sections.history import history
from pipeline.report.sections.shift import by_chance, shift, total_variation
from pipeline.report.sections.versions import versions
from pipeline.runtime.releases import read_history
from tests.report.conftest import TASK


def test_equal_shares_are_apart_by_nothing_and_two_worlds_by_all():
    assert total_variation(np.array([30, 10]), np.array([3, 1])) == 0
    assert total_variation(np.array([30, 0]), np.array([0, 7])) == 1


@pytest.mark.parametrize("seed", range(5))
def test_draws_from_one_distribution_stay_below_chance_and_a_shift_does_not(seed):
    rng = np.random.default_rng(seed)
    shares = np.array([0.5, 0.3, 0.2])
    train, test = rng.multinomial(2000, shares), rng.multinomial(300, shares)
    assert total_variation(train, test) < 1.5 * by_chance(train, test)
    moved = rng.multinomial(300, shares[::-1])
    assert total_variation(train, moved) > by_chance(train, moved)


def test_the_table_names_what_is_shifted(project):
    inputs = load_inputs(project, TASK, Params())
    spread = {"class": {"a": {"train": 900, "test": 10}, "b": {"train": 100, "test": 90}}, "lang": {"en": {"train": 5}}}
    chart: Any
    found, chart, *_ = shift(inputs, spread)
    rows = {row[0]: row for row in found["rows"]}
    assert rows["of_labels"][1] == pytest.approx(0.8)
    assert rows["of_labels"][3] == "shifted"
    assert "of_languages" not in rows  # one value, and no test record
    assert chart["rows"][0]["values"] == [0.9, 0.1]


def test_a_declared_class_without_records_is_named(project):
    task = TASK.model_copy(update={"labels": (*TASK.labels, "mixed")})
    blocks = balance(load_inputs(project, task, Params()))
    notes = [block for block in blocks if block["kind"] == "note" and block["key"] == "no_rows_of"]
    assert {one["args"]["split"] for one in notes} == {"train", "dev", "test"}
    assert all("mixed" in one["args"]["names"] for one in notes)
    classes = next(block for block in blocks if block.get("name") == "classes")
    assert ["mixed", 0, 0, 0] in classes["rows"]


@pytest.fixture
def data(project, tmp_path):
    return shutil.copytree(project, tmp_path / "data")


def test_releases_are_a_history_that_ends_with_this_version(data):
    assert history(load_inputs(data, TASK, Params())) == []
    release(data, name="v1")
    release(data, name="v2")
    inputs = load_inputs(data, TASK, Params())
    found: Any
    scores: Any
    metric: Any
    found, scores, metric = history(inputs)
    assert [row[0] for row in found["rows"]] == ["first_release", "v1", "v2", "this_version"]
    assert found["rows"][0][1] is None  # released before there was a history
    assert len({tuple(row[2:5]) for row in found["rows"][1:]}) == 1
    assert [row[0] for row in scores["rows"]] == [row[0] for row in found["rows"]]
    assert [row["name"] for row in metric["rows"]] == ["v1", "v2", "this_version"]
    assert any(block.get("name") == "history" for block in versions(inputs))
    assert "v2" in render(build(inputs))


def test_a_broken_line_of_the_history_is_named(data):
    (data / "released" / "history.jsonl").write_text('{"name": "v1"}\nnonsense\n', "utf-8")
    with pytest.raises(PipelineError, match=r"history\.jsonl:2 is no JSON object"):
        read_history(data / "released" / "history.jsonl")


def test_bars_and_limits_of_a_histogram_lie_where_the_values_do():
    block: Any = {"edges": [0, 0.25, 0.5, 0.75, 1], "counts": [1, 0, 0, 99], "limits": {"low": 0.25, "high": 1.0}}
    shape: Any = columns(block)
    assert [bar["height"] for bar in shape["bars"]] == [2.0, shape["height"]]  # a tail stays visible
    assert [one["x"] for one in shape["limits"]] == [shape["width"] / 4, shape["width"]]
    assert shape["records"] == 100
    far = columns(block | {"counts": [0, 0, 0, 9], "limits": {"low": 0.8}})
    assert far["low"] == 0.75


def test_the_page_draws_the_histograms_of_a_filter(project):
    inputs = load_inputs(project, TASK, Params())
    spread = {"edges": [0, 0.5, 1], "counts": [3, 40], "limits": {"min_letters": 0.3}}
    clean = json.loads(json.dumps(inputs.report("clean")))
    clean["steps"][0]["notes"]["histograms"] = {"letters": spread}
    page = render(build(replace(inputs, reports={**inputs.reports, "clean": clean})))
    assert 'class="histogram"' in page
    assert "share of letters and digits" in page
    assert "min_letters 0.3" in page.replace('<tspan data-t="code.min_letters">', "").replace("</tspan>", "")
