"""The gates of the dataset."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.report.sections.expectations import figures
from tests.report.pages import table


def test_a_gate_shows_its_threshold_and_how_far_it_moved(document):
    shown = table(document, "expectations", "expectations")
    names = [column["key"] for column in shown["columns"]]
    row = dict(zip(names, shown["rows"][0], strict=True))
    assert (row["figure"], row["limit"], row["measured"]) == ("smallest", "≥ 30 %", "20 %")
    assert (row["before"], row["moved"]) == ("25 %", "−5 %")


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
    given: Any = dict(zip(names, gauge, strict=True))
    assert figures(given, before)[1:] == cells
