"""Pre-labels for spans: found, calibrated out of sample, silent where there is nothing to learn."""

from __future__ import annotations

import numpy as np

from pipeline.core.settings import Task
from pipeline.label.calibration import calibrate_scores
from pipeline.label.params import Prelabel
from pipeline.label.prelabel import prelabel
from pipeline.label.prelabels import Example
from pipeline.modeling.models import Models

TASK = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh"))
SPANS = Prelabel(method="tagger", folds=3)
NAMES = ["Ann", "Boris", "Clara", "Dmitri", "小王", "老李", "Gina", "Hugo"]


def sentence(n, name=None):
    name = name or NAMES[n % 8]
    text = f"yesterday {name} moved to town {n}" if n % 4 else f"nobody moved {n}"
    spans = [{"start": 10, "end": 10 + len(name), "label": "person"}] if n % 4 else []
    return Example(f"t{n:03}", text, f"g{n // 2:03}", None, spans)


def test_spans_are_suggested_with_a_calibrated_confidence():
    ask = [Example("u0", "yesterday Clara moved to town 901", "u0"), Example("u1", "nobody moved 902", "u1")]
    found = prelabel([sentence(n) for n in range(160)], ask, Models(), SPANS, TASK)
    assert found.answers["u0"].value == [{"start": 10, "end": 15, "label": "person"}]
    assert found.answers["u1"].value == []
    assert all(0.5 < answer.confidence <= 1 for answer in found.answers.values())
    assert found.report["accuracy"] > 0.9
    assert found.confidence_threshold is not None
    assert found.confidence_threshold <= found.answers["u0"].confidence


def test_a_doubted_record_is_answered_by_a_model_that_never_saw_it():
    learn = [sentence(n) for n in range(160)]
    wrong = Example("t999", "yesterday Zoltan moved to town 999", "g999", None, [])
    found = prelabel([*learn, wrong], [Example("t999", wrong.text, "g999")], Models(), SPANS, TASK)
    assert found.answers["t999"].value == [{"start": 10, "end": 16, "label": "person"}]


def test_where_there_are_no_spans_to_learn_it_says_so():
    ask = [Example("u0", "some text", "u0")]
    for learn in (
        [],
        [sentence(4 * n) for n in range(100)],
        [Example(f"c{n}", "x", f"c{n}", "a", "a") for n in range(99)],
    ):
        found = prelabel(learn, ask, Models(), SPANS, TASK)
        assert (found.answers, found.confidence_threshold, found.report["applies"]) == ({}, None, False)
        assert "spans" in found.report["why"]


def test_scores_become_probabilities_that_hold():
    rng = np.random.default_rng(0)
    scores = -rng.exponential(2, 4000)
    right = rng.random(4000) < 1 / (1 + np.exp(-(2 + scores)))
    found = calibrate_scores(scores, right, rng.random(4000) < 0.5, Prelabel(min_precision=0.8, min_confidence=0.0))
    assert found.report["ece_after"] < 0.03 < found.report["ece_before"]
    assert found.threshold is not None
    taken = found.sure(scores) >= found.threshold
    assert right[taken].mean() > 0.8
    assert calibrate_scores(scores, np.ones(4000, bool), scores < -1, Prelabel()).report["accuracy"] == 1
