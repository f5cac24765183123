import numpy as np
import pytest
from sklearn.metrics import classification_report, f1_score

from pipeline.core.settings import Task
from pipeline.evaluate.metrics import classification
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.bootstrap import estimate

PARAMS = Params(resamples=200)


def plain(evaluation, name):
    rows = len(evaluation.correct)
    return float(evaluation.metrics[name](np.ones((1, rows)))[0])


def test_classification_by_hand(task, record):
    given = ["positive", "positive", "negative", "neutral"]
    said = ["positive", "negative", "negative", "positive"]
    confidence = [0.9, 0.8, 0.6, 0.95]
    records = [record(n, f"文本 {n}", label) for n, label in enumerate(given)]
    predictions = [Prediction(v, c, {v: c}) for v, c in zip(said, confidence, strict=True)]
    evaluation = classification.compute_metrics(records, predictions, task, PARAMS)
    assert plain(evaluation, "accuracy") == 0.5
    assert plain(evaluation, "macro_f1") == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    # bins of 0.1: 0.9 and 0.95 share one (gap 1.85 - 1), 0.8 is wrong, 0.6 is right
    assert plain(evaluation, "ece") == pytest.approx((0.85 + 0.8 + 0.4) / 4)
    # a scored label p and nothing elsewhere: (1-p)^2 when right, p^2 + 1 when wrong
    assert plain(evaluation, "brier") == pytest.approx((0.01 + 1.64 + 0.16 + 1.9025) / 4)
    assert evaluation.wrongness == [None, 0.8, None, 0.95]
    assert evaluation.details["top_confusions"][0] == {"given": "neutral", "predicted": "positive", "count": 1}
    assert evaluation.reliability[-1] == {"confidence": 0.925, "accuracy": 0.5, "count": 2, "bin": "0.90-1.00"}


def test_per_class_equals_scikit_learn_for_200_classes(record):
    rng = np.random.default_rng(5)
    labels = tuple(f"类{n:03d}" for n in range(200))
    given = rng.integers(0, 200, 1000)
    said = np.where(rng.random(1000) < 0.7, given, rng.integers(0, 200, 1000))
    records = [record(n, f"t{n}", labels[g]) for n, g in enumerate(given)]
    evaluation = classification.compute_metrics(
        records, [Prediction(labels[s]) for s in said], Task(type="classification", labels=labels), PARAMS
    )
    expected = classification_report(
        [labels[g] for g in given], [labels[s] for s in said], output_dict=True, zero_division=0
    )
    for label, found in evaluation.details["per_class"].items():
        if label in expected:
            for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
                assert found[ours] == pytest.approx(expected[label][theirs], abs=1e-6)
            assert found["support"] == expected[label]["support"]
    assert "ece" not in evaluation.metrics, "no confidence was stated"


def test_one_class_and_perfect_answers(task, record):
    records = [record(n, "好", "positive") for n in range(5)]
    evaluation = classification.compute_metrics(records, [Prediction("positive", 1.0)] * 5, task, PARAMS)
    assert estimate(evaluation.metrics, 5, 200)["macro_f1"].as_dict() == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert evaluation.wrongness == [None] * 5


def test_multi_label_counts_whole_sets_and_every_label(record):
    task = Task(type="classification", labels=("a", "b", "c"), multi_label=True)
    given, said = [["a", "b"], ["c"], []], [["b", "a"], ["b", "c"], []]
    records = [record(n, "x", labels) for n, labels in enumerate(given)]
    evaluation = classification.compute_metrics(records, [Prediction(labels) for labels in said], task, PARAMS)
    truth, answer = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0]]), np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]])
    assert plain(evaluation, "accuracy") == pytest.approx(2 / 3)
    assert plain(evaluation, "macro_f1") == pytest.approx(f1_score(truth, answer, average="macro"))
    assert evaluation.confusion == [("a+b", "a+b"), ("c", "b+c"), ("(none)", "(none)")]
