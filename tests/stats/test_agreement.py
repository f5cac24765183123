"""Agreement of annotators, beside published examples and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.stats.agreement import alpha_interval, cohen_kappa, fleiss_kappa, grade_alpha, krippendorff_alpha

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", example C: 4 observers, 12 units, nominal .743.
KRIPPENDORFF = np.array(
    [
        [3, 0, 0, 0, 0], [0, 3, 1, 0, 0], [0, 0, 4, 0, 0], [0, 0, 4, 0, 0], [0, 4, 0, 0, 0], [1, 1, 1, 1, 0],
        [0, 0, 0, 4, 0], [3, 1, 0, 0, 0], [0, 4, 0, 0, 0], [0, 0, 0, 0, 3], [2, 0, 0, 0, 0], [0, 0, 1, 0, 0],
    ],
    np.float64,
)  # fmt: skip
# Fleiss 1971 as told by Wikipedia: 10 subjects, 14 raters, 5 categories, kappa .210.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ],
    np.float64,
)  # fmt: skip
# Cohen's kappa of two raters who agree on 20 yes and 15 no of 50: .4.
COHEN = np.array([[20, 5], [10, 15]], np.float64)


def by_pairs(counts):
    """Alpha from all ordered pairs of votes, as its definition says."""
    observed, total = 0.0, counts[counts.sum(axis=1) > 1].sum()
    for row in counts[counts.sum(axis=1) > 1]:
        votes = np.repeat(np.arange(len(row)), row.astype(int))
        observed += sum(a != b for a in votes for b in votes) / (len(votes) - 1)
    all_ = np.repeat(np.arange(counts.shape[1]), counts[counts.sum(axis=1) > 1].sum(axis=0).astype(int))
    expected = sum(a != b for a in all_ for b in all_) / (total - 1)
    return 1 - observed / expected


def test_published_examples():
    assert krippendorff_alpha(KRIPPENDORFF) == pytest.approx(0.743, abs=5e-4)
    assert fleiss_kappa(FLEISS) == pytest.approx(0.210, abs=5e-4)
    assert cohen_kappa(COHEN) == pytest.approx(0.4)


@pytest.mark.parametrize("counts", [FLEISS, KRIPPENDORFF, COHEN])
def test_alpha_is_that_of_its_definition(counts):
    assert krippendorff_alpha(counts) == pytest.approx(by_pairs(counts))


def test_perfect_agreement_chance_and_less_than_chance():
    assert krippendorff_alpha(np.array([[2, 0], [0, 2], [2, 0]], np.float64)) == pytest.approx(1)
    rng = np.random.default_rng(0)
    chance = np.stack([np.bincount(rng.integers(0, 2, 3), minlength=2) for _ in range(4000)]).astype(np.float64)
    assert krippendorff_alpha(chance) == pytest.approx(0, abs=0.03)
    assert fleiss_kappa(chance) == pytest.approx(0, abs=0.03)
    assert krippendorff_alpha(np.array([[1, 1], [1, 1]], np.float64)) < 0


@pytest.mark.parametrize("counts", [np.zeros((0, 2)), np.array([[1.0, 0], [0, 1.0]]), np.array([[3.0, 0], [2.0, 0]])])
def test_nothing_is_said_without_pairs_or_with_one_label(counts):
    assert krippendorff_alpha(counts) is None
    assert alpha_interval(counts, 50) is None
    assert fleiss_kappa(counts) is None


def test_items_with_one_vote_change_nothing():
    more = np.concatenate([FLEISS, np.eye(5)])
    assert krippendorff_alpha(more) == krippendorff_alpha(FLEISS)
    assert fleiss_kappa(more) == fleiss_kappa(FLEISS)


def test_the_interval_holds_alpha_and_narrows_with_items():
    few, many = (np.tile(FLEISS, (times, 1)) for times in (1, 20))
    wide, narrow = alpha_interval(few, 400), alpha_interval(many, 400)
    assert wide is not None
    assert narrow is not None
    (a, b), (c, d) = wide, narrow
    assert a <= krippendorff_alpha(few) <= b
    assert c <= krippendorff_alpha(many) <= d
    assert d - c < (b - a) / 2
    assert alpha_interval(few, 400) == (a, b)


@pytest.mark.parametrize("table", [np.zeros((2, 2)), np.array([[5.0, 0], [0, 0]])])
def test_two_annotators_who_say_nothing_or_one_thing_have_no_kappa(table):
    assert cohen_kappa(table) is None


def test_grades_agree_by_their_distance():
    assert grade_alpha([[1, 1], [3, 3], [5, 5]]) == pytest.approx(1)
    near, far = grade_alpha([[1, 2], [4, 5], [2, 3]]), grade_alpha([[1, 5], [4, 1], [2, 5]])
    assert near > 0.5 > 0 > far
    assert grade_alpha([[1, 2, None], [4, 5, None], [None, None, 3]]) == pytest.approx(grade_alpha([[1, 2], [4, 5]]))


@pytest.mark.parametrize("grades", [[], [[1, None]], [[2, 2], [2, 2]]])
def test_grades_that_tell_nothing(grades):
    assert grade_alpha(grades) is None
