"""Pre-labels: calibrated, proven out of sample before they count, silent where they do not apply."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.label.calibration import calibrate, lowest_threshold
from pipeline.label.params import Prelabel
from pipeline.label.prelabel import prelabel
from pipeline.label.prelabels import Example
from pipeline.modeling.models import Model

TFIDF = Model(name="tfidf")
TASK = Task(type="classification", labels=("negative", "positive"), languages=("en", "zh"))
GOOD = ["great movie", "wonderful day", "很好看", "非常喜欢"]
BAD = ["awful movie", "terrible day", "很难看", "非常讨厌"]


def examples(rows=120):
    """Train examples that a linear model can tell apart, English and Chinese."""
    made = []
    for n in range(rows):
        words, label = ((GOOD, "positive"), (BAD, "negative"))[n % 2]
        made.append(Example(f"t{n:03}", f"{words[n // 2 % 4]} {n}", f"g{n:03}", label, label))
    return made


def ask(*texts):
    return [Example(f"u{n}", text, f"u{n}") for n, text in enumerate(texts)]


def test_plain_cases_are_answered_and_accepted():
    found = prelabel(examples(), ask("great wonderful 很好看 1", "awful 很难看 2"), TFIDF, Prelabel(), TASK)
    assert [found.answers[name].value for name in ("u0", "u1")] == ["positive", "negative"]
    assert found.report["applies"]
    assert found.report["accepted_accuracy"] >= 0.95
    assert found.confidence_threshold == found.report["confidence_threshold"]
    assert all(0.5 <= answer.confidence <= 1 for answer in found.answers.values())


def test_noise_is_never_accepted():
    rng = np.random.default_rng(0)
    noise = [
        Example(f"t{n}", f"text {n}", f"g{n}", label, label) for n, label in enumerate(rng.choice(["a", "b"], 200))
    ]
    found = prelabel(noise, ask("text 7", "好"), TFIDF, Prelabel(), TASK)
    assert found.confidence_threshold is None
    assert set(found.answers) == {"u0", "u1"}


def test_classes_too_rare_to_learn_count_as_errors():
    rare = [Example(f"r{n}", f"great movie {n}", f"r{n}", f"class {n}", f"class {n}") for n in range(60)]
    without = prelabel(examples(), ask("great movie 1"), TFIDF, Prelabel(), TASK)
    found = prelabel([*examples(), *rare], ask("great movie 1"), TFIDF, Prelabel(), TASK)
    assert len(found.report["classes_too_rare"]) == 60
    assert found.report["accuracy"] < without.report["accuracy"]
    assert found.answers["u0"].value == "positive"
    assert (without.confidence_threshold is None, found.confidence_threshold is None) == (False, True)


def test_a_fixed_threshold_is_used_as_given():
    assert (
        prelabel(examples(), ask("great"), TFIDF, Prelabel(confidence_threshold=0.8), TASK).confidence_threshold == 0.8
    )


def test_a_doubtful_train_record_is_answered_by_a_model_that_did_not_see_it():
    learn = examples()
    wrong = Example("t000", learn[0].text, "g000", "negative", "negative")
    found = prelabel([wrong, *learn[1:]], [Example("t000", wrong.text, "g000")], TFIDF, Prelabel(), TASK)
    assert found.answers["t000"].value == "positive"


def test_lists_of_labels_come_back_as_they_were():
    learn = [Example(e.id, e.text, e.group, e.stratum, [e.target]) for e in examples()]
    assert prelabel(learn, ask("wonderful 很好看"), TFIDF, Prelabel(), TASK).answers["u0"].value == ["positive"]


@pytest.mark.parametrize(
    ("learn", "asked", "params", "why"),
    [
        (examples(), ask("a"), Prelabel(method=None), "switched off"),
        (examples(), [], Prelabel(), "no record needs one"),
        ([Example("c", "你好", "c", None, "你好！")], ask("a"), Prelabel(), "no classes to predict"),
        ([], ask("a"), Prelabel(), "no train record is labelled"),
        (examples(6), ask("a"), Prelabel(), "fewer than two classes have 5 independent"),
    ],
)
def test_report_says_why_there_are_no_prelabels(learn, asked, params, why):
    found = prelabel(learn, asked, TFIDF, params, TASK)
    assert (found.answers, found.confidence_threshold, found.report["applies"]) == ({}, None, False)
    assert why in found.report["why"]


def test_rare_classes_are_left_out_and_named():
    rare = [Example(f"r{n}", f"rare {n}", "one group", "rare", "rare") for n in range(9)]
    found = prelabel([*examples(), *rare], ask("rare 3"), TFIDF, Prelabel(), TASK)
    assert found.report["classes_too_rare"] == ["rare"]
    assert found.answers["u0"].value != "rare"


def test_sample_is_stable_and_limited():
    params = Prelabel(train_rows=100)
    first = prelabel(examples(400), ask("great"), TFIDF, params, TASK)
    second = prelabel(examples(400)[::-1], ask("great"), TFIDF, params, TASK)
    assert first == second
    assert first.report["rows"] == 100


def test_unknown_predictor_is_named():
    with pytest.raises(PipelineError, match=r"label\.prelabel\.method: unknown name 'linea'"):
        prelabel(examples(), ask("a"), TFIDF, Prelabel(method="linea"), TASK)


def confident(rows, shares, seed=0):
    """Confidences and whether each answer was right: right with a probability of confidence x share."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1, rows)
    return sure, rng.uniform(size=rows) < sure * shares


def test_threshold_keeps_its_promise_on_fresh_rows():
    for seed in range(20):
        threshold = lowest_threshold(*confident(4000, 1.0, seed), precision=0.9)
        sure, right = confident(4000, 1.0, seed + 100)
        assert right[sure >= threshold].mean() > 0.88


def test_few_lucky_rows_prove_nothing():
    assert lowest_threshold(np.full(20, 0.99), np.ones(20, bool), 0.95) is None
    assert lowest_threshold(np.full(200, 0.99), np.ones(200, bool), 0.95) == 0.99
    assert lowest_threshold(np.zeros(0), np.zeros(0, bool), 0.95) is None


@given(st.integers(0, 2**16), st.floats(0.5, 0.99))
@settings(max_examples=30, deadline=None)
def test_more_precision_never_lowers_the_threshold(seed, precision):
    sure, right = confident(500, 1.0, seed)
    low, high = (lowest_threshold(sure, right, p) for p in (precision - 0.1, precision))
    assert high is None or low <= high


def test_equal_confidences_are_accepted_together():
    sure = np.array([0.9] * 300)
    right = np.array([True] * 150 + [False] * 150)
    assert lowest_threshold(sure, right, 0.8) is None


def test_no_answer_below_the_floor_is_accepted():
    found = prelabel(
        [*examples(), Example("t", "great", "g", "negative", "negative")], ask("???"), TFIDF, Prelabel(), TASK
    )
    assert found.confidence_threshold >= Prelabel().min_confidence > found.answers["u0"].confidence


def test_temperature_mends_overconfidence_out_of_sample():
    rng = np.random.default_rng(3)
    true_logits = rng.normal(size=(3000, 3))
    p = np.exp(true_logits) / np.exp(true_logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in p])
    found = calibrate(true_logits * 4, truth, rng.random(3000) < 0.5, Prelabel())
    assert found.temperature == pytest.approx(4, rel=0.15)
    assert found.report["ece_after"] < 0.03 < 0.2 < found.report["ece_before"]
