from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from pipeline.core.record import Decision, Vote
from pipeline.label.evidence import Rules, VoteOutcome, crowd_rows, decide
from tests.label.conftest import record


def test_a_weak_persons_lone_answer_is_bounded_and_a_good_ones_is_not():
    rows = [("a", "weak", '"x"'), ("b", "good", '"y"'), ("c", "weak", '"x"'), ("c", "good", '"x"')]
    rules = Rules("dawid_skene", "classes", trusted=True, weak={"weak": 0.3})
    outcomes = decide(rows, rules).outcomes
    assert outcomes["a"].confidence <= 0.3
    assert outcomes["b"] == VoteOutcome("y", None, ("good",))
    assert outcomes["c"] == VoteOutcome("x", None, ("good", "weak"))
    free = decide(rows, Rules("dawid_skene", "free", trusted=True, weak={"weak": 0.3})).outcomes
    assert (free["a"].confidence, free["b"].confidence) == (0.3, None)


def test_people_who_agree_are_taken_at_their_word():
    rows = [(f"{n}", w, '"好"') for n in range(9) for w in "xy"] + [("odd", "x", '"negative"')]
    group = decide(rows, Rules("dawid_skene", "classes", trusted=True))
    assert group.outcomes["odd"] == VoteOutcome("negative", None, ("x",))
    assert decide(rows, Rules("dawid_skene", "classes", trusted=False)).outcomes["odd"].confidence is not None


def test_disagreeing_people_go_through_the_method():
    rows = [("r", "x", '"好"'), ("r", "y", '"好"'), ("r", "z", '"坏"'), ("t", "x", '"好"'), ("t", "z", '"坏"')]
    outcomes = decide(rows, Rules("majority", "classes", trusted=True)).outcomes
    assert outcomes["r"].value == "好"
    assert outcomes["r"].confidence == pytest.approx(2 / 3, abs=1e-3)
    assert outcomes["t"] == VoteOutcome(None, 0.0, ("x", "z"))


def test_free_answers_decide_only_where_equal():
    rows = [("a", "x", '"我很好"'), ("a", "y", '"我很好"'), ("b", "x", '"fine"'), ("b", "y", '"good"')]
    outcomes = decide(rows, Rules("dawid_skene", "free", trusted=True)).outcomes
    assert (outcomes["a"].value, outcomes["b"].value) == ("我很好", None)


def test_the_source_of_a_voted_record_votes_too():
    voted, unvoted = record("r", "好", votes=[("x", "negative")]), record("s", "好")
    rows = crowd_rows([voted, unvoted, record("t", None, votes=[("x", "好")])], count_source_label=True)
    assert rows == [("r", "x", '"negative"'), ("r", "source:made", '"好"'), ("t", "x", '"好"')]
    assert crowd_rows([voted]) == rows[:1]


@pytest.mark.parametrize("who", ["model:label_errors", "human:ann", None])
def test_a_label_that_is_not_the_sources_is_no_vote_of_the_source(who):
    by = None if who is None else Decision(who)
    voted = replace(record("r", "好", votes=[("x", "negative")]), labels_by=by)
    assert crowd_rows([voted], count_source_label=True) == [("r", "x", '"negative"')]


def test_latest_vote_of_an_annotator_counts():
    votes = (Vote("x", "好", "2026-02-01"), Vote("x", "negative", "2026-01-01"), Vote("y", "positive"))
    one = record("r")
    rows = crowd_rows([type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"votes": votes})])
    assert Counter(rows) == Counter([("r", "x", '"好"'), ("r", "y", '"positive"')])
