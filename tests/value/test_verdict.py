"""Sentences and changes of the verdict."""

from __future__ import annotations

from pipeline.value.variants import Example
from pipeline.value.verdict import changes, sentence


def test_changes_by_hand():
    before = [Example("1", "a", "x"), Example("2", "b", "x"), Example("3", "c", "y")]
    after = [Example("1", "a", "x"), Example("1", "一", "x"), Example("2", "B", "y"), Example("4", "d", "y")]
    assert changes(before, after) == {"removed": 1, "added": 2, "texts_changed": 1, "labels_changed": 1}


def test_sentence_compares_with_the_control():
    gap = {"value": 0.1, "low": 0.05, "high": 0.15}
    step = {"step": "cleaned", "verdict": "helped", "before": 0.6, "after": 0.7, "difference": gap, "p": 0.001}
    difference = {"value": 0.0, "low": -0.1, "high": 0.1}
    control = {
        "what": "removing 20 rows of 'raw' at random",
        "difference": difference,
        "verdict": "no_measurable_effect",
    }
    assert sentence({**step, "control": control}, "macro_f1") == (
        "cleaned: helped; macro F1 0.600 -> 0.700 (+0.100, interval +0.050 to +0.150, corrected p 0.001). "
        "Not distinguishable from removing 20 rows of 'raw' at random (+0.000, interval -0.100 to +0.100)."
    )
    for verdict, told in (("helped", "Better than removing"), ("hurt", "Worse than removing")):
        assert told in sentence({**step, "control": control | {"verdict": verdict}}, "macro_f1")
