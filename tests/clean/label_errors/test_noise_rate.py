"""The estimated precision of changes, on models and labels whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors.contract import Scores
from pipeline.clean.label_errors.noise_rate import noise_rate
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.label_errors.step import find_label_errors
from pipeline.clean.step import Context
from pipeline.core.record import share
from pipeline.runtime.store import to_records
from tests.clean.records import TASK, make, table

CLASSES = 10


def scores(labels, suggested, probabilities):
    """Scores as the detector of single labels gives them."""
    confidence = probabilities.max(axis=1)
    return Scores(
        np.zeros(len(labels)), suggested.tolist(), confidence, suggested != labels, confidence, [""] * len(labels)
    )


def modelled(noise, hard=0.0, count=6000):
    """A calibrated model of records of which a share `hard` is beyond it, and labels of which a share is wrong.

    Also the true classes.
    """
    rng = np.random.default_rng(0)
    true = rng.integers(0, CLASSES, count)
    sure = np.where(rng.random(count) < hard, rng.uniform(0.3, 0.95, count), rng.beta(60, 1, count))
    predicted = np.where(rng.random(count) < sure, true, (true + 1) % CLASSES)
    labels = np.where(rng.random(count) < noise, (true + 1 + rng.integers(0, 8, count)) % CLASSES, true)
    probabilities = np.full((count, CLASSES), 1.0)
    probabilities *= ((1 - sure) / (CLASSES - 1))[:, None]
    probabilities[np.arange(count), predicted] = sure
    return scores(labels, predicted, probabilities), true


@pytest.mark.parametrize("noise", [0.05, 0.1, 0.2])
def test_the_estimate_is_near_the_truth_and_hardly_above_it_where_labels_are_wrong(noise):
    given, true = modelled(noise, hard=0.4)
    found = noise_rate(given)
    assert found.wrong == pytest.approx(noise, abs=0.02)
    for threshold, estimated in found.precision.items():
        moved = given.differs & (given.confidence >= threshold)
        truth = (np.array(given.suggested) == true)[moved].mean()
        assert truth - 0.4 < estimated < truth + 0.05, threshold  # rather too low
    low, high = found.threshold(0.5), found.threshold(0.85)
    assert low is not None
    assert high is None or high >= low


def test_hard_labels_that_are_right_are_left_alone():
    found = noise_rate(modelled(0.0, hard=1.0)[0])
    assert found.precision
    assert found.threshold(0.8) is None
    assert noise_rate(modelled(0.0)[0]).threshold(0.95) is None


def test_the_fewer_records_the_less_is_promised():
    many, few = (noise_rate(modelled(0.1, count=count)[0]) for count in (20_000, 2000))
    assert many.threshold(0.8) is not None
    assert few.threshold(0.8) is None


def test_few_records_tell_nothing():
    found = noise_rate(modelled(0.2, count=300)[0])
    assert found.wrong == 0.0
    assert found.threshold(0.5) is None


def test_models_that_know_nothing_tell_nothing():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(2, 50.0), 2000)
    assert noise_rate(scores(rng.integers(0, 2, 2000), probabilities.argmax(axis=1), probabilities)) == (
        0.0,
        {},
    )


def test_labels_that_nothing_contradicts_have_no_precision():
    given, _ = modelled(0.1)
    agreed = replace(given, differs=np.zeros(len(given.differs), bool))
    assert noise_rate(agreed).precision == {}
    assert noise_rate(agreed).as_notes() == {"wrong": 0.0, "precision": {}}


def test_the_step_changes_labels_by_the_estimate_and_notes_it():
    words = {"good": ("great", "lovely", "很好"), "bad": ("awful", "broken", "很差")}
    records = []
    for n in range(900):
        label = ("good", "bad")[n % 2]
        given = ("bad", "good")[n % 2] if share("wrong", str(n)) < 0.12 else label
        records.append(make(f"{words[label][n % 3]} {words[label][n // 3 % 3]} item {n}", given))
    outcome = find_label_errors(table(records), LabelErrors(folds=5, C=1.0, autofix_precision=0.6), Context(TASK))
    notes = outcome.notes
    assert notes["noise_rate"]["wrong"] == pytest.approx(0.12, abs=0.04)
    assert max(notes["noise_rate"]["precision"].values()) >= 0.6
    right = sum(r.target == ("good", "bad")[n % 2] for n, r in enumerate(to_records(outcome.kept)))
    assert right >= 880
    assert outcome.changed == pytest.approx(0.12 * 900, abs=30)
