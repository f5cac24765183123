"""Blocks, edits and geometry."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.settings import Task
from pipeline.report.blocks import from_notes
from pipeline.report.draw import curve, growth, paths, plane, sankey, whiskers
from pipeline.report.edits import changed_texts, edit
from pipeline.report.figures import plain_label
from pipeline.report.inputs import Inputs, sample
from pipeline.report.params import Params
from pipeline.report.render import decimal, number, percent
from pipeline.report.sections.expectations import figures
from pipeline.report.sections.mixture import mixture
from pipeline.report.sections.model import NO_SPAN, span_pairs

VISIBLE = st.text("ab 好x", max_size=30)


@given(VISIBLE, VISIBLE)
def test_an_edit_holds_both_texts(before, after):
    pieces = edit(before, after, 200)
    blank = str.maketrans({"␣": " "})
    old = "".join(text for kind, text in pieces if kind != "new").translate(blank)
    new = "".join(text for kind, text in pieces if kind != "gone").translate(blank)
    assert (old, new) == (before, after)


def test_an_edit_is_shown_around_its_place():
    pieces = edit("a" * 5000 + "x" + "b" * 5000, "a" * 5000 + "y" + "b" * 5000, 100)
    assert sum(len(text) for _, text in pieces) < 250
    assert pieces[0] == ["same", "…"]
    assert pieces[-1] == ["same", "…"]


def test_chinese_is_compared_by_character():
    assert edit("屏幕很好", "屏幕不好", 100) == [["same", "屏幕"], ["gone", "很"], ["new", "不"], ["same", "好"]]


def test_control_characters_become_visible():
    assert ["gone", "\\u200b"] in edit("a \u200bb", "a b", 100)


def test_the_turn_that_changed_is_shown():
    old = '[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]'
    assert changed_texts(old, old.replace('"b"', '"c"')) == ("b", "c")


def test_notes_of_any_shape_become_blocks():
    notes = {
        "rows": 3,
        "alpha": {"value": 0.5, "low": 0.4, "high": 0.6},
        "annotators": [{"annotator": "ann", "votes": 3, "confusion": {"a": {"b": 1}}}],
        "crowd": {"human": {"items": 3, "pairs": [{"kappa": 0.5}]}},
        "calibration": {"ece_after": 0.1, "reliability": [{"confidence": 0.5, "accuracy": 0.4, "count": 2}]},
        "reasons": {"uncertain": 3},
        "empty": [],
        "nothing": None,
    }
    blocks = from_notes(notes)
    assert [(block["kind"], block.get("name")) for block in blocks] == [
        ("facts", ""),
        ("table", "annotators"),
        ("facts", "calibration"),
        ("reliability", "calibration: reliability"),
        ("facts", "crowd: human"),
        ("table", "crowd: human: pairs"),
        ("table", "reasons"),
    ]
    assert [item["type"] for item in blocks[0]["items"]] == ["interval", "num"]


FLOW = {
    "stages": [
        {
            "name": "collect",
            "in": 100,
            "added": 0,
            "kept": 90,
            "dropped": 10,
            "reasons": {f"r{n}": 2 for n in range(5)},
        },
        {"name": "augment", "in": 90, "added": 20, "kept": 100, "dropped": 10, "reasons": {"near_duplicate": 10}},
    ],
    "ends": {"train": 98, "dev": 1, "test": 1},
}


def test_labels_of_the_flow_never_overlap():
    shape = sankey(FLOW)
    for labels in ([d for d in shape["drops"] if d["x"] < 200], shape["ends"]):
        places = [label["y"] + max(label["height"] / 2, 3) for label in labels]
        assert all(b - a >= 14 for a, b in itertools.pairwise(places))
    assert max(drop["y"] + drop["height"] for drop in shape["drops"]) < shape["height"]


def test_rare_reasons_are_drawn_as_one():
    drops = [drop for drop in sankey(FLOW)["drops"] if drop["x"] < 200]
    assert [drop["name"] for drop in drops] == ["r0", "r1", "r2", "other_reasons"]
    assert sum(drop["count"] for drop in drops) == 10


def test_an_empty_flow_is_not_drawn():
    assert sankey({"stages": [], "ends": {}}) is None


def test_a_curve_leaves_out_empty_bins():
    shape = curve(
        [{"confidence": 0.5, "accuracy": 0.25, "count": 4}, {"confidence": 0.9, "accuracy": 0.9, "count": 0}], size=100
    )
    assert [(p["x"], p["y"]) for p in shape["points"]] == [(50, 75)]
    assert curve([])["points"] == []


def test_whiskers_share_one_axis():
    shape = whiskers([{"name": "f1", "value": 0.75, "low": 0.72, "high": 0.78}])
    assert (shape["low"], shape["high"]) == (0.7, 0.8)
    assert shape["rows"][0]["value_at"] == 50


def test_a_sample_takes_some_of_every_group_whatever_the_order():
    table = pa.table({"id": ["c", "a", "b", "d"], "step": ["x", "x", "x", "y"]})
    wanted = [{"id": "a", "step": "x"}, {"id": "b", "step": "x"}, {"id": "d", "step": "y"}]
    assert sample(table, ["step"], 2).to_pylist() == wanted
    assert sample(table.take([3, 2, 1, 0]), ["step"], 2).to_pylist() == wanted
    assert sample(table, ["step"], 0).num_rows == 0


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (number(1234567), "1,234,567"),
        (number(None), "–"),
        (percent(0.034), "3.4 %"),
        (percent(1), "100 %"),
        (percent(0), "0 %"),
        (decimal(0.12345), "0.123"),
        (decimal(None), "–"),
    ],
)
def test_figures_are_shown(shown, wanted):
    assert shown == wanted


@pytest.mark.parametrize(
    ("target", "text", "shown"),
    [
        ('"positive"', "", "positive"),
        ('[{"start": 0, "end": 3, "label": "PER"}]', "Ann lives", "PER: Ann"),
        ('[{"start": 5, "end": 9, "label": "PER"}]', "", "PER: [5, 9)"),
        ('[{"start": 3, "text": "北京"}]', "我住在北京", "北京"),
        ("[]", "", "[]"),
        ("0.5", "", "0.5"),
        (None, "", None),
    ],
)
def test_targets_read_as_people_write_them(target, text, shown):
    assert plain_label(target, text) == shown


def test_span_pairs_match_by_overlap_once():
    truth = [{"start": 0, "end": 5, "label": "ORG"}, {"start": 9, "end": 12, "label": "LOC"}]
    guess = [{"start": 0, "end": 7, "label": "LOC"}, {"start": 20, "end": 22, "label": "PER"}]
    assert span_pairs(truth, guess) == [("ORG", "LOC"), ("LOC", NO_SPAN), (NO_SPAN, "PER")]
    assert span_pairs(None, []) == []


def test_names_on_the_map_never_lie_on_one_another():
    points = [{"x": -1, "y": 0}, {"x": 1, "y": 2}]
    names = [{"x": 0, "y": 1, "name": "one"}, {"x": 0.05, "y": 1, "name": "two"}, {"x": 0, "y": 0, "name": "three"}]
    shape = plane(points, names)
    assert [one["at"] for one in shape["points"]] == [[0, 420], [1000, 0]]
    assert [one["name"] for one in shape["names"]] == ["one", "three"]


def test_a_curve_has_round_ticks():
    shape = growth([[10, 5], [40, 12]])
    assert [tick["value"] for tick in shape["along"]] == [0, 10, 20, 30, 40]
    assert shape["points"][-1]["x"] == shape["width"]


@pytest.mark.parametrize(
    ("gauge", "before", "cells"),
    [
        (("sound_share", 0.9825, 0.95, None, "share"), {"sound_share": 0.99}, ["≥ 95 %", "98.25 %", "99 %", "−0.75 %"]),
        (("rows", 3000, 300, 5000, "count"), {"rows": 2900}, ["≥ 300, ≤ 5,000", "3,000", "2,900", "+100"]),
        (("of_labels", 0.02, None, 0.1, "distance"), {"of_labels": 0.02}, ["≤ 0.100", "0.020", "0.020", "="]),
        (("problems", 0, None, 0, "count"), {}, ["0", "0", None, None]),
        (("sound_share", 1.0, 1.0, None, "share"), {}, ["100 %", "100 %", None, None]),
    ],
)
def test_a_gates_figures_in_words(gauge, before, cells):
    names = ("name", "value", "low", "high", "unit")
    assert figures(dict(zip(names, gauge, strict=True)), before)[1:] == cells


def test_a_sample_holds_the_smallest_ids_of_every_combination():
    rows = [{"id": f"{n:02}", "step": "ab"[n % 2], "reason": None if n % 3 else "x"} for n in range(30)]
    found = sample(pa.Table.from_pylist(rows[::-1]), ["step", "reason"], 2).to_pylist()
    expected = [
        [row for row in rows if (row["step"], row["reason"]) == kind][:2]
        for kind in {(r["step"], r["reason"]) for r in rows}
    ]
    assert sorted(row["id"] for row in found) == sorted(row["id"] for part in expected for row in part)


def test_curves_share_one_scale_of_round_tenths():
    series = [
        {"name": "ours", "points": [(10, 0.62), (90, 0.81)]},
        {"name": "random", "points": [(10, 0.55), (90, 0.8)]},
    ]
    shape = paths(series, 0.83)
    assert [tick["value"] for tick in shape["up"]] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert [one["name"] for one in shape["series"]] == ["ours", "random"]
    assert all(0 <= point["y"] <= shape["height"] for one in shape["series"] for point in one["points"])
    assert shape["series"][0]["points"][1]["x"] == shape["width"]
    assert 0 < shape["level"] < shape["series"][0]["points"][1]["y"]
    assert paths([{"name": "flat", "points": [(5, 1.0), (9, 1.0)]}], None)["up"][0]["value"] == 1.0


def test_the_mixture_is_shown_before_and_after():
    groups = [
        {"source": "big", "rows": 90, "tokens": 900, "epochs": 0.5, "rows_read": 45, "tokens_read": 400},
        {"source": "客服", "rows": 10, "tokens": 100, "epochs": 4.0, "rows_read": 40, "tokens_read": 400},
    ]
    inputs = Inputs(Path(), Task(type="chat", languages=("en", "zh")), Params())
    told, shown = mixture(replace(inputs, reports={"validate": {"dataset": {"mixture": groups}}}))
    assert told["args"] == {"tokens": 1000, "tokens_read": 800, "rows_read": 85}
    assert shown["rows"] == [["big", 90, 900, 0.9, 0.5, 45, 400, 0.5], ["客服", 10, 100, 0.1, 4.0, 40, 400, 0.5]]
    assert [block["kind"] for block in mixture(inputs)] == ["missing"]
    assert mixture(replace(inputs, reports={"validate": {"dataset": {}}}))[0]["key"] == "mixture_none"


def test_a_truth_among_notes_is_said_as_yes_or_no_and_not_as_a_check():
    [figures] = from_notes({"measured": True, "applies": False})
    assert [(one["key"], one["value"], one["type"]) for one in figures["items"]] == [
        ("applies", False, "truth"),
        ("measured", True, "truth"),
    ]
