"""The ablation as a table: one row a method or a part of it, with both gains and what became of it."""

from __future__ import annotations

from typing import Any

from pipeline.report.sections.augmentation import _ablation

GAIN = {"value": 0.01, "low": 0.002, "high": 0.02}
FOUND: Any = {
    "gain": {"0.5 of random_swap": GAIN, "random_swap": GAIN, "synonyms": GAIN},
    "gain_over_copies": {"0.5 of random_swap": GAIN},
    "kept_methods": ["random_swap"],
    "kept_shares": {"random_swap": 0.5},
    "macro_f1_none": 0.65,
    "evaluated_on": "dev split",
    "held_out_rows": 236,
    "seeds": 5,
}


def test_each_method_has_its_gain_and_what_became_of_it():
    shown, told = _ablation(FOUND)
    assert {row[0]: row[3] for row in shown["rows"]} == {
        "0.5 of random_swap": "stays",
        "random_swap": "did_not_help",
        "synonyms": "did_not_help",
    }
    assert [row[2] for row in shown["rows"]] == [GAIN, None, None]
    assert {one["key"]: one["value"] for one in told["items"]}["score_without"] == 0.65


def test_nothing_was_tried():
    assert _ablation({}) == []
    nothing: Any = {"keep": "always"}
    assert _ablation(nothing) == []
