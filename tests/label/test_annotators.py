from __future__ import annotations

from typing import Any

from pipeline.label.aggregation import aggregate
from pipeline.label.aggregation.votes import encode
from pipeline.label.annotators import agreement_report
from pipeline.label.params import Agreement


def test_report_lists_the_weak_annotator_with_confusion():
    rows = [(f"{n:02}", w, "ab"[n % 2]) for n in range(20) for w in ("王", "x", "y")]
    rows += [(f"{n:02}", "spam", "a") for n in range(20)]
    votes = encode(rows)
    report: Any = agreement_report(votes, aggregate(votes, "dawid_skene"), Agreement(resamples=100))
    assert report["weak"] == ["spam"]
    spam = next(p for p in report["annotator_list"] if p["annotator"] == "spam")
    assert spam["agrees_with_consensus"] == 0.5
    assert spam["confusion"] == {"a": {"a": 10}, "b": {"a": 10}}
    assert (report["items"], report["votes"], report["unanimous"], report["tied"]) == (20, 80, 10, 0)


def test_few_votes_make_nobody_weak_but_long_lists_keep_the_weak():
    rows = [(f"{n:02}", w, "ab"[n % 2]) for n in range(20) for w in ("v", "w", "x")]
    rows += [("00", "few", "b"), *((f"{n:02}", "zz", "ba"[n % 2]) for n in range(12))]
    votes = encode(rows)
    params = Agreement(resamples=100, max_listed=2)
    report: Any = agreement_report(votes, aggregate(votes, "majority"), params)
    assert report["weak"] == ["zz"]
    assert [p["annotator"] for p in report["annotator_list"]] == ["v", "w", "zz"]
    assert report["annotators"] == 5
