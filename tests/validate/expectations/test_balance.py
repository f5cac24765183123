"""Shares of classes and languages, and sizes of splits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.record import Record, Split
from pipeline.core.settings import Task
from pipeline.validate.dataset_view import labels_of
from pipeline.validate.run import dataset_totals
from tests.validate.conftest import CHAT, check, review, sound_chats, sound_reviews, view


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


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("好评", ["好评"]),
        (["price", "价格", "price"], ["price", "价格"]),
        ([{"start": 0, "end": 2, "label": "PER"}, {"start": 5, "end": 7, "label": "PER"}], ["PER"]),
        ([{"text": "35 minutes", "start": 4}], []),  # an answer has no label
        ([], []),
        (None, []),
    ],
)
def test_a_target_carries_each_of_its_labels_once(target, labels):
    assert labels_of(target) == labels


NER = Task(type="ner", labels=("PER", "ORG"), languages=("en", "zh"))


def _sentence(n: int, split: Split, *types: str) -> Record:
    spans = [{"start": 3 * i, "end": 3 * i + 2, "label": name} for i, name in enumerate(types)]
    return replace(review(f"s{n}", f"安娜 went to 港口 ({n})"), target=spans, split=split)


def test_entity_types_are_the_classes_of_entities():
    """Each record counts once for a type that it holds, so that no project of entities seems to lack its classes."""
    records = [_sentence(0, "train", "PER", "PER"), _sentence(1, "train", "PER", "ORG"), _sentence(2, "test")]
    assert dataset_totals(view(records, NER))["classes"] == {
        "train": {"ORG": 1, "PER": 2},
        "validation": {},
        "test": {},
    }
    finding = check(records, NER, expect="class_share_between", min=0.6)
    assert finding.first[0]["why"] == "class ORG: 1 of 2 train records (0.500)"


def test_several_labels_of_a_record_are_counted_one_by_one():
    task = Task(type="classification", labels=("price", "food"), multi_label=True)
    records = [replace(review(f"r{n}", f"text {n}"), target=["price", "food"], split="train") for n in range(3)]
    assert dataset_totals(view(records, task))["classes"]["train"] == {"food": 3, "price": 3}
