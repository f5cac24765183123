"""Shares of classes and languages, and sizes of splits."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from tests.validate.conftest import CHAT, check, review, sound_chats, sound_reviews


def test_a_missing_class_has_the_share_zero():
    records = [record for record in sound_reviews() if record.target != "negative"]
    finding = check(records, expect="class_share_between", min=0.1)
    assert not finding.passed
    assert finding.first[0]["why"] == "class negative: 0 of 2 train records (0.000)"
    assert finding.observed == "negative 0.000, positive 1.000"


def test_a_declared_language_that_never_occurs_has_the_share_zero():
    records = [record for record in sound_reviews() if record.lang == "en"]
    finding = check(records, expect="language_share_between", min=0.1)
    assert finding.first[0]["why"] == "language zh: 0 of 4 records of the dataset (0.000)"


@pytest.mark.parametrize(("bounds", "passed"), [({"min": 3}, False), ({"max": 1}, False), ({"min": 2}, True)])
def test_rows_between_counts_a_split(bounds, passed):
    assert check(sound_reviews(), expect="rows_between", split="dev", **bounds).passed is passed


def test_rows_between_fails_on_an_empty_split():
    records = [record for record in sound_reviews() if record.split != "test"]
    assert check(records, expect="rows_between", split="test", min=1).first[0]["why"] == "test has 0 records"


@pytest.mark.parametrize("name", ["class_share_between", "in_declared_labels", "no_conflicting_labels"])
def test_class_expectations_refuse_a_task_without_labels(name):
    with pytest.raises(PipelineError, match=f"{name} needs task.labels, and a chat task declares none"):
        check(sound_chats(), CHAT, expect=name)


@pytest.mark.parametrize(("classes", "passes"), [(2, True), (77, True), (3, False)])
def test_class_share_is_relative_to_the_number_of_classes(classes, passes):
    labels = tuple(f"c{n}" for n in range(classes))
    task = Task(type="classification", labels=labels)
    counts = {label: 20 for label in labels} | ({} if passes else {labels[0]: 2})
    records = [review(f"{label}-{n}", "text", label) for label, count in counts.items() for n in range(count)]
    assert check(records, task, expect="class_share_between", min_of_even=0.2).passed is passes
