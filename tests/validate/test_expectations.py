"""Every expectation: sound records pass it, in any order. What each finds is tested in expectations/."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from pipeline.validate.expectations import EXPECTATIONS
from tests.validate import expectations
from tests.validate.conftest import check, review, sound_reviews

TOPICS = [import_module(f"{expectations.__name__}.{one.name}") for one in iter_modules(expectations.__path__)]

PASSING = [
    {"expect": "values_present", "column": "text"},
    {"expect": "unique", "column": "id"},
    {"expect": "length_between", "column": "text", "min": 5, "max": 60},
    {"expect": "number_between", "column": "label_confidence", "min": 0.5, "max": 1},
    {"expect": "in_languages"},
    {"expect": "in_declared_labels"},
    {"expect": "class_share_between", "min": 0.4, "max": 0.6},
    {"expect": "rows_between", "split": "test", "min": 2, "max": 2},
    {"expect": "no_leakage"},
    {"expect": "no_conflicting_labels"},
    {"expect": "valid_structure"},
    {"expect": "fits_model", "max_length": 40},
    {"expect": "conserved_counts"},
    {"expect": "test_trusted"},
    {"expect": "no_pii_left"},
    {"expect": "language_share_between", "min": 0.4},
    {"expect": "no_drift"},
    {"expect": "test_frozen"},
    *(entry for topic in TOPICS for entry in getattr(topic, "PASSING", ())),  # of a topic with a list of its own
]


def test_every_expectation_has_a_passing_example():
    # valid_conversations is for chats: expectations/test_structure.py
    assert {entry["expect"] for entry in PASSING} == set(EXPECTATIONS) - {"valid_conversations"}


@pytest.mark.parametrize("entry", PASSING, ids=lambda entry: entry["expect"])
def test_sound_records_pass(entry):
    finding = check(sound_reviews(), **entry)
    assert finding.passed
    assert finding.unexpected == 0
    assert finding.first == ()


def test_verdicts_do_not_depend_on_row_order():
    records = [*sound_reviews(), review("bad", "Would watch it again.", "negative")]
    for name in ("no_leakage", "no_conflicting_labels"):
        ahead, behind = check(records, expect=name), check(records[::-1], expect=name)
        assert sorted(map(str, ahead.first)) == sorted(map(str, behind.first))
