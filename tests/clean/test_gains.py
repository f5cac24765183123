"""Whether changing labels helps to predict others, on clouds of vectors whose true classes are known."""

import numpy as np
import pytest

from pipeline.clean.gains import Gain, best_gain, gains
from pipeline.clean.judging import Recipe
from pipeline.clean.step import Context
from pipeline.clean.steps.label_errors import LabelErrors, find_label_errors
from tests.clean.records import TASK, make, table

CLASSES = 20


def cloud(rate, spread, count=2000):
    """Vectors around one centre a class, labels of which a share `rate` is one or two classes off, and records."""
    rng = np.random.default_rng(0)
    true = np.arange(count) % CLASSES
    centres = rng.normal(size=(CLASSES, 96))
    vectors = (centres / np.linalg.norm(centres, axis=1, keepdims=True))[true]
    vectors = vectors + spread * rng.normal(size=vectors.shape)
    off = (rng.random(count) < rate) * (1 + rng.integers(0, 2, count))
    labels = [f"类{code:02d}" for code in (true + off) % CLASSES]
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit, labels, [make(f"text {n}") for n in range(count)]


def measured(rate, spread, settled=False, **more):
    vectors, labels, members = cloud(rate, spread, **more)
    settings = LabelErrors(folds=5, strength=3.0)
    return gains(vectors, labels, members, [settled] * len(labels), Recipe(True, 0.0), settings)


def test_mending_many_wrong_labels_surely_helps():
    found = measured(0.3, 0.2)
    best = best_gain(found)
    assert best is not None
    assert best.low > 0
    assert best.gain == max(one.gain for one in found if one.low > 0)
    assert [one.changed for one in found] == sorted((one.changed for one in found), reverse=True)
    assert found == measured(0.3, 0.2)


@pytest.mark.parametrize("spread", [0.2, 0.3])
def test_right_labels_are_left_alone_be_they_easy_or_hard(spread):
    found = measured(0.0, spread)
    assert len(found) == 5
    assert best_gain(found) is None


def test_settled_labels_are_never_changed():
    assert all((one.changed, one.gain) == (0, 0.0) for one in measured(0.3, 0.2, settled=True, count=600))


def test_one_class_in_a_part_measures_nothing():
    vectors, _, members = cloud(0.0, 0.2, count=40)
    labels = ["a"] * 39 + ["b"]
    assert gains(vectors, labels, members, [False] * 40, Recipe(True, 0.0), LabelErrors(strength=1.0)) == []
    assert best_gain([]) is None


def test_a_gain_within_chance_is_none():
    assert best_gain([Gain(0.5, 9, 0.02, 0.01), Gain(0.7, 5, 0.01, 0.002)]) == Gain(0.7, 5, 0.01, 0.002)
    assert best_gain([Gain(0.5, 9, 0.02, 0.01)]) is None


def test_the_step_notes_what_it_measured_and_can_be_told_not_to():
    words = ("great", "awful")
    records = [make(f"{words[n % 2]} 好 item {n}", ("good", "bad")[n % 2]) for n in range(200)]
    notes = find_label_errors(table(records), LabelErrors(folds=5), Context(TASK)).notes["autofix"]
    assert [one["threshold"] for one in notes["gains"]] == [0.5, 0.6, 0.7, 0.8, 0.9]
    off = find_label_errors(table(records), LabelErrors(folds=5, autofix_if_helps=False), Context(TASK))
    assert off.notes["autofix"]["gains"] == []
