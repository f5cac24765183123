"""How many trainings a measurement takes."""

from __future__ import annotations

import logging
from typing import Any

from pipeline.core import progress
from pipeline.value.learning_curve import SHARES
from pipeline.value.trainings import counted_trial, trainings
from pipeline.value.variants import Example, Variants


def test_equal_variants_are_trained_on_once_and_each_source_and_share_once_more(params):
    one, other = Example("a", "fine", "good"), Example("b", "poor", "bad")
    train = {"raw": [one, other], "cleaned": [one], "decided_labels": [one], "augmented": [one]}
    variants = Variants(train, [one], [other], {"a": "tweets", "b": "reviews"})
    plain = params.model_copy(update={"source_ablation": False, "learning_curve": False})
    assert trainings(variants, {"cleaned": [one]}, plain) == 2 + 1 + 1
    every = params.model_copy(update={"source_ablation": True, "learning_curve": True})
    assert trainings(variants, {}, every) == 2 + 1 + 2 + len(SHARES)


def test_a_trial_that_is_counted_says_what_the_trial_says(monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="pipeline")
    monkeypatch.setattr(progress, "QUIET", 0.0)
    metrics: Any = [{"accuracy": 3}]
    trial = counted_trial(lambda examples: metrics if len(examples) == 3 else [], 2)
    examples: list[Any] = [1, 2, 3]
    assert trial(examples) == metrics
    assert "1 of 2 trainings" in caplog.text
