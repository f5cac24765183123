"""F1 in all its forms against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from pipeline.stats.bootstrap import resample
from pipeline.stats.scores import class_scores, f1, macro_f1, micro_f1, one_hot, plain, scores_of_counts, span_keys


@pytest.mark.parametrize("classes", [2, 3, 200])
def test_macro_scores_equal_scikit_learn_on_the_whole_and_on_resamples(classes):
    rng = np.random.default_rng(classes)
    given, said = rng.integers(0, classes, (2, 500))
    eye = np.eye(classes)
    metrics = class_scores(eye[given], eye[said])
    drawn = np.concatenate(list(resample(500, 2, 0)))
    for weights in (np.ones(500), *drawn):
        rows = np.repeat(np.arange(500), weights.astype(int))
        for name, reference in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
            expected = reference(given[rows], said[rows], average="macro", zero_division=0)
            assert metrics[name](weights[None])[0] == pytest.approx(expected)


def test_macro_f1_by_hand_counts_a_class_that_is_only_predicted():
    given, said = np.array([0, 0, 1]), np.array([0, 2, 1])
    assert plain(macro_f1(given, said), 3) == pytest.approx((2 / 3 + 1 + 0) / 3)
    without_last = macro_f1(given, said)(np.array([[1.0, 0.0, 1.0]]))  # class 2 is not drawn: it does not count
    assert without_last[0] == 1.0


def test_no_row_has_no_macro_f1_and_one_class_has_one():
    assert np.isnan(plain(macro_f1(np.zeros(0, np.int64), np.zeros(0, np.int64)), 0))
    assert plain(macro_f1(np.array([0]), np.array([0])), 1) == 1.0


@pytest.mark.parametrize("seed", [0, 1])
def test_macro_and_micro_f1_of_label_sets_equal_scikit_learn(seed):
    given, said = (np.random.default_rng(seed).random((2, 60, 5)) < 0.3).astype(float)
    expected = {average: f1_score(given, said, average=average, zero_division=0) for average in ("macro", "micro")}
    assert plain(class_scores(given, said)["f1"], 60) == pytest.approx(expected["macro"])
    assert plain(micro_f1(given * said, said, given), 60) == pytest.approx(expected["micro"])


def test_counts_may_exceed_one_and_nothing_at_all_scores_what_is_asked():
    hits, said, true = np.array([[2.0, 0.0]]), np.array([[3.0, 0.0]]), np.array([[2.0, 1.0]])
    found = {name: metric(np.ones((1, 1)))[0] for name, metric in scores_of_counts(hits, said, true).items()}
    assert found == pytest.approx({"precision": (2 / 3 + 0) / 2, "recall": 0.5, "f1": (4 / 5 + 0) / 2})
    nothing = np.zeros((1, 2))
    assert plain(scores_of_counts(nothing, nothing, nothing, nothing=1.0)["f1"], 1) == 1.0
    assert plain(micro_f1(nothing, nothing, nothing), 1) == 1.0
    assert np.isnan(scores_of_counts(nothing, nothing, nothing, average=False)["f1"](np.ones((1, 1)))).all()


def test_f1_of_counts():
    assert (f1(2, 3, 2), f1(0, 3, 2), f1(0, 0, 0)) == (pytest.approx(0.8), 0.0, 1.0)


def test_one_hot_holds_the_classes_of_all():
    first, second = one_hot(np.array([0, 2]), np.array([1, 1]))
    assert first.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert second.tolist() == [[0, 1, 0], [0, 1, 0]]


def test_spans_are_equal_only_where_borders_and_label_are():
    given = span_keys([{"start": 0, "end": 2, "label": "地点"}])
    assert given == {(0, 2, "地点")}
    assert not given & span_keys([{"start": 0, "end": 2, "label": "人名"}, {"start": 0, "end": 3, "label": "地点"}])
    assert span_keys(None) == set()
