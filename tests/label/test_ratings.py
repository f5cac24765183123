"""Ratings of people as scores of records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.reply_ratings import PREFERENCE
from pipeline.core.errors import PipelineError
from pipeline.core.record import Reject
from pipeline.label.ratings import bars, held_to, rated, ratings, rejections, summary
from tests import chats
from tests.strategies import record

WHEN = datetime(2026, 1, 31, tzinfo=UTC)


def answer(id: str, who: str, more: list[dict[str, Any]] | None = None, **stars: int) -> Annotation:
    regions = [{"from_name": f"rating_{name}", "type": "rating", "value": {"rating": n}} for name, n in stars.items()]
    return Annotation(id, who, "好", WHEN, "place", more=[*regions, *(more or [])] or None)


def test_the_mean_of_people_is_a_score_and_agreement_is_told() -> None:
    pair = {"chosen": chats.reply("好"), "rejected": chats.reply("不")}
    preference = {"from_name": PREFERENCE, "type": "choices", "value": {"choices": ["first"], "pairs": [pair]}}
    used = [
        answer("a", "ann", correct=5, helpful=4), answer("a", "小王", correct=4), answer("b", "ann", correct=1),
        answer("b", "小王", correct=1), answer("c", "ann", [preference]),
    ]  # fmt: skip
    given = ratings(used)
    one = record(chats.fields([("user", "在吗")]), chats.reply("在"), id="a")
    assert rated(replace(one, scores={"reply_cut": 0.1}), given).scores == {
        "reply_cut": 0.1, "rating_correct": 4.5, "rating_helpful": 4.0,
    }  # fmt: skip
    assert rated(replace(one, id="other"), given).scores == {}
    found = summary(given, used)
    assert found["criteria"]["correct"] == {
        "records": 2,
        "ratings": 4,
        "mean": 2.75,
        "alpha": pytest.approx(0.934, abs=0.01),
    }
    assert found["criteria"]["helpful"]["alpha"] is None
    assert found["preferred_pairs"] == 1


def test_a_reply_rated_below_the_bar_goes_unless_it_was_corrected() -> None:
    given = ratings([answer("a", "ann", correct=3, polite=1), answer("a", "小王", correct=2, polite=5)])
    poor = chats.reply("不知道")
    one = record(chats.fields([("user", "在吗")]), poor, id="a")
    assert held_to(one, given, bars(2.5, given), poor) is one  # the mean is at the bar
    assert held_to(one, given, bars(None, given), poor) is one
    assert held_to(replace(one, id="unrated"), given, bars(5, given), poor).id == "unrated"
    with pytest.raises(Reject, match=r"correct 2.50 by ann\+小王, below 3") as caught:
        held_to(one, given, bars({"correct": 3.0}, given), poor)
    assert caught.value.reason == "rated_poor"
    with pytest.raises(Reject, match=r"polite 3\.00"):
        held_to(one, given, bars({"correct": 1.0, "polite": 3.5}, given), poor)
    corrected = replace(one, target=chats.reply("在的，请讲。"))
    assert held_to(corrected, given, bars(5, given), poor) is corrected


def test_a_reply_that_most_reject_goes_unless_it_was_corrected() -> None:
    box = {"from_name": "rejected", "type": "choices", "value": {"choices": ["rejected"]}}
    used = [
        answer("a", "ann", [box], correct=1), answer("a", "小王", [box]), answer("a", "bob", correct=4),
        answer("b", "ann", [box], correct=1), answer("b", "bob", correct=5), answer("c", "ann"),
    ]  # fmt: skip
    against = rejections(used)
    assert against == {"a": ["ann", "小王"]}  # one of two is not most
    poor = chats.reply("不知道")
    one = record(chats.fields([("user", "在吗")]), poor, id="a")
    with pytest.raises(Reject, match=r"ann\+小王") as caught:
        held_to(one, ratings(used), {}, poor, against["a"])
    assert caught.value.reason == "rejected_by_people"
    corrected = replace(one, target=chats.reply("在的。"))
    assert held_to(corrected, ratings(used), {}, poor, against["a"]) is corrected


def test_a_bar_for_a_criterion_that_nobody_rated_is_named() -> None:
    given = ratings([answer("a", "ann", correct=3)])
    with pytest.raises(
        PipelineError, match=r"min_rating names 'corect', which nobody has rated\. Did you mean 'correct'"
    ):
        bars({"corect": 3}, given)
    assert bars({"correct": 3}, ratings([])) == {"correct": 3}  # nothing came back yet


def test_no_rating_is_no_trouble() -> None:
    assert summary(ratings([]), []) == {"criteria": {}, "preferred_pairs": 0}
