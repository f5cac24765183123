"""Notes of any shape as blocks."""

from __future__ import annotations

from pipeline.evaluate.perturbations import EDITS
from pipeline.report.blocks import from_notes
from pipeline.report.render import LANGUAGES, Words, load_strings


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


def test_a_truth_among_notes_is_said_as_yes_or_no_and_not_as_a_check():
    [figures] = from_notes({"measured": True, "applies": False})
    assert [(one["key"], one["value"], one["type"]) for one in figures["items"]] == [
        ("applies", False, "truth"),
        ("measured", True, "truth"),
    ]


def test_figures_of_several_kinds_are_a_line_of_figures_and_not_a_column():
    notes = {"known": {"applies": False, "why": "too few", "share": {"value": 0.5, "low": 0.4, "high": 0.6}}}
    [figures] = from_notes(notes)
    assert figures["name"] == "known"
    assert {one["key"]: one["type"] for one in figures["items"]} == {
        "applies": "truth",
        "share": "interval",
        "why": "said",
    }
    [one_kind] = from_notes({"sizes": {"a": 1, "b": 2.5}})
    assert one_kind["kind"] == "table"


def test_names_of_ours_among_notes_are_said_and_those_of_the_data_stay():
    [shown] = from_notes({"refused": {"label_changed": 3, "reviews_new": 1}})
    assert shown["columns"][0] == {"key": "name", "type": "known"}
    english, chinese = (Words(load_strings(language), language) for language in LANGUAGES)
    assert "label changed" in english.known("label_changed")
    assert "标签改变" in chinese.known("label_changed")
    assert chinese.known("reviews_new") == "reviews_new"


def test_edits_and_verdicts_are_columns_of_names_and_every_edit_has_its_chinese():
    [shown] = from_notes({"robustness": [{"edit": one, "verdict": "helped"} for one in EDITS]})
    assert {"key": "edit", "type": "known"} in shown["columns"]
    assert {"key": "verdict", "type": "known"} in shown["columns"]
    chinese = load_strings("zh")
    assert [one for one in EDITS if f"code.{one}" not in chinese] == []
