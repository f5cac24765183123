"""Ratings of people as scores of records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.annotation.annotations import Annotation
from pipeline.annotation.judging import PREFERENCE
from pipeline.label.ratings import rated, ratings, summary
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


def test_no_rating_is_no_trouble() -> None:
    assert summary(ratings([]), []) == {"criteria": {}, "preferred_pairs": 0}
