"""Notes of any shape as blocks."""

from __future__ import annotations

from pipeline.report.blocks import from_notes


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
