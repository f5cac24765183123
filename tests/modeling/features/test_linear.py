import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from pipeline.core.errors import PipelineError
from pipeline.modeling.features.linear import QUICK, THOROUGH, fit, fit_parts, grouped_folds, out_of_sample

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=8, max_size=200)


@given(ROWS, st.integers(2, 10), st.integers(0, 3))
def test_groups_stay_whole_and_equal_seeds_give_equal_folds(rows, folds, seed):
    target, groups = np.array([row[0] for row in rows]), [str(row[1]) for row in rows]
    found = grouped_folds(target, groups, folds, seed)
    assert found.shape == (len(rows),)
    assert set(found.tolist()) <= set(range(folds))
    fold_of = dict(zip(groups, found.tolist(), strict=True))
    assert [fold_of[group] for group in groups] == found.tolist()
    assert grouped_folds(target, groups, folds, seed).tolist() == found.tolist()


def test_classes_are_spread_evenly():
    random = np.random.default_rng(0)
    target = random.choice(3, 3000, p=[0.6, 0.3, 0.1])
    found = grouped_folds(target, [str(n) for n in random.integers(0, 2500, 3000)], 10)
    for code in range(3):
        counts = np.bincount(found[target == code], minlength=10)
        assert counts.max() - counts.min() <= 12  # random folds of the commonest class differ by 40


def test_single_rows_are_dealt_to_within_one():
    found = grouped_folds(np.repeat([0, 1], [40, 11]), [str(n) for n in range(51)], 5, seed=3)
    assert sorted(np.bincount(found[:40]).tolist()) == [8] * 5
    assert sorted(np.bincount(found[40:]).tolist()) == [2, 2, 2, 2, 3]


def test_a_fold_that_leaves_one_class_to_learn_from_says_so():
    """All rows of a class are copies of each other, so the models of the other folds never see it."""
    vectors = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 3, 3]]
    with pytest.raises(PipelineError, match="needs two classes, found 1") as caught:
        out_of_sample(vectors, ["好", "好", "好", "bad", "bad", "bad"], ["a", "b", "c", "d", "d", "d"], folds=3)
    assert "label mapping" in caught.value.hint


@pytest.fixture
def small_parts(monkeypatch):
    for name, value in {"_PART": 50, "_PARTS": 3, "_FEWEST_OF_CLASS": 3}.items():
        monkeypatch.setattr(f"pipeline.modeling.features.linear.{name}", value)


def test_models_of_many_rows_are_fitted_on_parts_that_all_hold_rare_classes(monkeypatch, small_parts):
    learnt = []
    monkeypatch.setattr(
        "pipeline.modeling.features.linear.fit",
        lambda rows, given, *more: learnt.append(given) or fit(rows, given, *more),
    )
    rng = np.random.default_rng(0)
    labels = ["common"] * 300 + ["other"] * 300 + ["rare"] * 6
    vectors = rng.normal(size=(606, 4)).astype(np.float32)
    names, logits = out_of_sample(vectors, labels, [str(n) for n in range(606)], folds=2)
    assert names == ("common", "other", "rare")
    assert logits.shape == (606, 3)
    assert len(learnt) == 6
    assert all(len(part) <= 70 and part.count("rare") >= 3 for part in learnt)
    assert all(abs(part.count("common") - part.count("other")) <= 12 for part in learnt)


def test_the_mean_of_the_models_of_parts_predicts_as_the_model_of_all_rows_does(small_parts):
    rng = np.random.default_rng(0)
    names = ["好", "差", "一般"]
    codes = rng.integers(0, 3, 220)
    vectors = (np.eye(5)[codes] + rng.normal(size=(220, 5))).astype(np.float32)
    labels = [names[code] for code in codes]
    parts = fit_parts(vectors, labels, np.arange(200)).probabilities(vectors)
    whole = fit(vectors[:200], labels[:200]).probabilities(vectors)
    assert np.abs(parts - whole).mean() < 0.05
    assert (parts.argmax(axis=1) == whole.argmax(axis=1)).mean() > 0.93


@pytest.mark.parametrize("classes", [2, 3])
def test_logits_are_those_of_the_library(classes):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    codes = rng.integers(0, classes, 90)
    vectors = (np.eye(4)[codes] + rng.normal(size=(90, 4))).astype(np.float32)
    model = LogisticRegression(C=2.0, max_iter=300, tol=QUICK).fit(vectors, codes)
    head = fit(vectors, [str(code) for code in codes], 2.0)
    assert np.allclose(head.probabilities(vectors), model.predict_proba(vectors), atol=1e-5)
    assert np.allclose(head.logits(csr_matrix(vectors)), head.logits(vectors), atol=1e-5)


def test_folds_of_a_large_class_hang_on_names_alone():
    """A group that changes its class, and one that comes, leave the folds of all others where they are."""
    target, groups = np.arange(9000) % 3, [f"组{n}" for n in range(9000)]
    before = grouped_folds(target, groups, 10)
    changed = target.copy()
    changed[5] = (changed[5] + 1) % 3
    assert np.array_equal(grouped_folds(changed, groups, 10), before)
    more = grouped_folds(np.append(target, [0, 1]), ["new", *groups, "newer"], 10)
    assert np.array_equal(more[1:-1], before)
    assert all(np.bincount(before[target == code]).max() < 360 for code in range(3))  # of 300 on average


def test_a_thorough_fit_goes_further_than_a_quick_one():
    """Sixty classes that overlap, as intents do: stopping early leaves loss on the table."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(60), 20)
    features = rng.normal(size=(60, 40))[labels] + 2.0 * rng.normal(size=(1200, 40))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    names = [f"{label:02d}" for label in labels]

    def loss(tolerance):
        head = fit(features, names, 10.0, tolerance=tolerance)
        return -np.log(head.probabilities(features)[np.arange(1200), labels]).mean()

    assert loss(THOROUGH) < loss(QUICK) - 0.003
