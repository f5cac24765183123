"""Targets as people write them."""

from __future__ import annotations

import pytest

from pipeline.report.figures import fair_part, plain_label, plain_slice


@pytest.mark.parametrize(
    ("target", "text", "shown"),
    [
        ('"positive"', "", "positive"),
        ('[{"start": 0, "end": 3, "label": "PER"}]', "Ann lives", "PER: Ann"),
        ('[{"start": 5, "end": 9, "label": "PER"}]', "", "PER: [5, 9)"),
        ('[{"start": 3, "text": "北京"}]', "我住在北京", "北京"),
        ("[]", "", "–"),
        ("0.5", "", "0.5"),
        (None, "", None),
    ],
)
def test_targets_read_as_people_write_them(target, text, shown):
    assert plain_label(target, text) == shown


def test_a_part_of_the_rows_has_some_of_every_value():
    rows = [{"why": why, "n": n} for n, why in enumerate("aaaaab")]
    assert [row["n"] for row in fair_part(rows, "why", 3)] == [0, 5, 1]
    assert fair_part(rows, "why", 100) == [rows[n] for n in (0, 5, 1, 2, 3, 4)]
    assert fair_part([], "why", 3) == []


@pytest.mark.parametrize(
    ("attribute", "name", "shown"), [("length", "0051-0100", "51-100"), ("class", "007", "007"), ("lang", "zh", "zh")]
)
def test_bands_of_lengths_read_as_numbers_and_names_of_the_data_stay(attribute, name, shown):
    assert plain_slice(attribute, name) == shown
