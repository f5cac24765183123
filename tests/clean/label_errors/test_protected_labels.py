"""Whose label no model may change."""

from __future__ import annotations

import pytest

from pipeline.clean.label_errors.protected_labels import is_labelled, is_protected, is_test
from pipeline.core.record import Decision, Vote
from tests.clean.records import make


@pytest.mark.parametrize(
    ("more", "protected"),
    [
        ({}, False),
        ({"split": "train"}, False),
        ({"split": "dev"}, False),
        ({"split": "test"}, True),
        ({"role": "test"}, True),
        ({"trusted": True}, True),
        ({"votes": (Vote("安娜", "good"),)}, True),
    ],
)
def test_test_records_trusted_sources_and_people_are_protected(more, protected):
    assert is_protected(make("好", **more)) is protected


@pytest.mark.parametrize(
    ("who", "protected"),
    [("human:安娜", True), ("crowd:vote", True), ("model:x", False), ("source:web", False), ("nonhuman:x", False)],
)
def test_labels_of_people_are_protected(who, protected):
    record = make("fine").derive("label", labels_by=Decision(who))
    assert is_protected(record) is protected


def test_a_record_nobody_decided_is_not_protected():
    assert not is_protected(make("fine", None))


@pytest.mark.parametrize(
    ("target", "role", "labelled"),
    [("good", "train", True), ("good", "test", True), (None, "train", False), ("good", "benchmark", False)],
)
def test_benchmarks_and_records_without_a_target_have_no_label_to_look_at(target, role, labelled):
    assert is_labelled(make("x", target, role=role)) is labelled


def test_what_is_declared_test_is_test_before_splits_are_drawn():
    assert is_test(make("x", role="test"))
    assert is_test(make("x", split="test"))
    assert not is_test(make("x", split="dev"))
