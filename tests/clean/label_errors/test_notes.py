"""What the report says of relabelling."""

from __future__ import annotations

from pipeline.clean.label_errors.notes import relabelling
from pipeline.clean.label_errors.settings import LabelErrors
from tests.clean.records import make

RECORDS = [make("太差", "good"), make("so bad", "good"), make("fine", "bad"), make("ok", "good")]


def test_moves_are_counted_from_what_to_what():
    changed = {n: RECORDS[n].derive("label_errors", target=to) for n, to in ((1, "bad"), (0, "bad"), (2, "good"))}
    notes = relabelling(0.9, changed, RECORDS, LabelErrors())
    assert notes == {"threshold": 0.9, "changed": 3, "moves": {'"bad" -> "good"': 1, '"good" -> "bad"': 2}}


def test_no_threshold_says_why():
    notes = relabelling(None, {}, RECORDS, LabelErrors(autofix_precision=0.99))
    assert (notes["changed"], notes["threshold"]) == (0, None)
    assert "0.99" in str(notes["why_none"])


def test_a_threshold_that_nothing_reached_is_told_with_no_move():
    assert relabelling(0.9, {}, [], LabelErrors()) == {"threshold": 0.9, "changed": 0, "moves": {}}


def test_long_targets_are_counted_and_not_listed():
    long = make("x", "a" * 100)
    notes = relabelling(0.5, {0: long.derive("label_errors", target="b")}, [long], LabelErrors())
    assert (notes["changed"], notes["moves"]) == (1, {})
