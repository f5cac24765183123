"""Agreement figures against published examples, hand computation and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import encode
from pipeline.label.agreement import pairs
from pipeline.label.annotators import agreement_report
from pipeline.label.params import Agreement
from pipeline.stats.agreement import alpha_interval, cohen_kappa, fleiss_kappa, krippendorff_alpha


def table(*coders):
    """Votes of coders given as strings of one character a unit."""
    return encode(
        [(f"{n:02}", f"c{k}", label) for k, row in enumerate(coders) for n, label in enumerate(row) if label != "*"]
    )


def test_alpha_equals_krippendorffs_examples():
    three = table("*****3412113" + "3*3", "1*213343" + "*" * 7, "**21344*2113" + "3*4")
    assert krippendorff_alpha(three.counts()) == pytest.approx(0.691, abs=5e-4)
    four = table("12332141" + "2***", "12332241" + "25*3", "*3332342" + "251*", "12332441" + "251*")
    assert krippendorff_alpha(four.counts()) == pytest.approx(0.743, abs=5e-4)


def test_fleiss_kappa_equals_the_published_example():
    rows = "0 0 0 0 14;0 2 6 4 2;0 0 3 5 6;0 3 9 2 0;2 2 8 1 1;7 7 0 0 0;3 2 6 3 0;2 5 3 2 2;6 5 2 1 0;0 2 2 3 7"
    counts = np.array([row.split() for row in rows.split(";")], float)
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=5e-4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=30))
@settings(deadline=None)
def test_cohen_kappa_equals_scikit_learn(couples):
    from sklearn.metrics import cohen_kappa_score, confusion_matrix

    first, second = zip(*couples, strict=True)
    ours = cohen_kappa(confusion_matrix(first, second, labels=list("abc")).astype(float))
    if ours is None:
        assert len({*first, *second}) == 1
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second))


def test_cohen_kappa_by_hand():
    # agree .7; chance .5 x .6 + .5 x .4 = .5
    assert cohen_kappa(np.array([[20.0, 5.0], [10.0, 15.0]])) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", "x", "好"), ("a", "y", "好"), ("b", "x", "坏"), ("b", "y", "坏")], 1.0),
        ([("a", "x", "好"), ("a", "y", "坏"), ("b", "x", "坏"), ("b", "y", "好")], -0.5),
        ([("a", "x", "好"), ("a", "y", "好")], None),  # one label: chance cannot be told from agreement
        ([("a", "x", "好"), ("b", "y", "坏")], None),  # no item twice
    ],
)
def test_alpha_of_small_tables(rows, expected):
    counts = encode(rows).counts()
    assert krippendorff_alpha(counts) == expected
    assert (alpha_interval(counts, 100) is None) == (expected is None)


def test_alpha_interval_holds_alpha_and_narrows_with_items():
    rng = np.random.default_rng(1)
    widths = []
    for items in (50, 2000):
        rows = [(f"{n:04}", w, "ab"[(n % 2) ^ int(rng.random() < 0.2)]) for n in range(items) for w in "xyz"]
        counts = encode(rows).counts()
        interval = alpha_interval(counts, 400)
        assert interval is not None
        low, high = interval
        assert low < krippendorff_alpha(counts) < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


def test_pairs_share_items_whichever_voted_first():
    votes = encode(
        [("a", "x", "1"), ("a", "y", "1"), ("b", "y", "2"), ("b", "x", "1"), ("c", "x", "2"), ("c", "z", "2")]
    )
    first, second = pairs(votes, at_most=10)
    assert (first["annotators"], first["items"], first["agree"]) == (["x", "y"], 2, 0.5)
    assert (second["annotators"], second["items"]) == (["x", "z"], 1)
    assert len(pairs(votes, at_most=1)) == 1


def test_only_items_of_others_are_held_against_the_consensus():
    """Half of what `alone` answered nobody else did; on the rest it is wrong: that is no agreement of one half."""
    rows = [(f"{n:02}", w, "ab"[n % 2]) for n in range(10) for w in ("x", "y", "王")]
    rows += [(f"{n:02}", "alone", "ba"[n % 2]) for n in range(10)]
    rows += [(f"z{n:02}", "alone", "ab"[n % 2]) for n in range(10)]
    votes = encode(rows)
    report: Any = agreement_report(votes, aggregate(votes, "majority"), Agreement(resamples=100))
    alone = next(p for p in report["annotator_list"] if p["annotator"] == "alone")
    assert (alone["votes"], alone["shared"], alone["agrees_with_consensus"]) == (20, 10, 0.0)
    assert report["weak"] == ["alone"]


def test_who_shares_no_item_is_not_assessed():
    votes = encode([(f"{n}", "only", "ab"[n % 2]) for n in range(20)])
    report: Any = agreement_report(votes, aggregate(votes, "majority"), Agreement(resamples=100))
    [only] = report["annotator_list"]
    assert (only["shared"], only["agrees_with_consensus"], only["kappa_with_consensus"], only["weak"]) == (
        0,
        None,
        None,
        False,
    )
