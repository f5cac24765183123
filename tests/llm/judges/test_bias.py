"""Leanings of judges: position, length, and a panel of two."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pipeline.core.conversation import Conversation, Message
from pipeline.llm.judges.bias import Judged, JudgeModel, better_of, length_bias, position_bias
from pipeline.llm.judges.judge import Comparison, Pair, compare
from pipeline.llm.judges.rubric import Rubric
from tests.llm.judges.judged import engine, simulated
from tests.llm.server import as_json, serving


def test_a_judge_that_always_names_the_first_place_says_nothing() -> None:
    with serving(lambda body, number: as_json({"reason": "", "better": "1"})) as service:
        pairs = [
            Pair(Conversation((Message("user", f"{n}"),)), Message("assistant", "a"), Message("assistant", "b"))
            for n in range(5)
        ]
        found = compare(engine(service), pairs, Rubric())
    assert {one.choice for one in found} == {"tie"}
    assert position_bias([Judged(one) for one in found]).value == 1.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("position", "length"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.25), (0.2, 0.2)])
def test_planted_leanings_are_estimated_within_five_points(seed, position, length) -> None:
    judged = simulated(random.Random(seed), 3000, 0.8, position, length)
    assert position_bias(judged).value == pytest.approx(position, abs=0.05)
    assert length_bias(judged).value == pytest.approx(length, abs=0.05)


def test_no_leaning_is_stated_where_too_little_is_known() -> None:
    assert position_bias([]) is None
    assert length_bias(simulated(random.Random(1), 30, 0.8)) is None
    assert length_bias([Judged(Comparison("first", "first"), "first")] * 100) is None


@pytest.mark.parametrize("seed", range(5))
def test_two_leaning_judges_restore_the_ranking_that_neither_has(seed) -> None:
    """One leans to the first place, one to the longer reply: counted as gold pairs teach, they beat their own words."""
    rng = random.Random(seed)
    gold = [simulated(rng, 400, 0.8, position=0.35), simulated(rng, 400, 0.75, length=0.4)]
    panel = [JudgeModel.fit(judged) for judged in gold]
    one, other = simulated(rng, 2000, 0.8, position=0.35), simulated(rng, 2000, 0.75, length=0.4)
    # The second judge sees pairs of its own: pair them by which reply is better and longer.
    by_kind: dict[Any, list[Any]] = {}
    for judged in other:
        by_kind.setdefault((judged.better, judged.longer), []).append(judged)
    right, alone, count = 0, [0.0, 0.0], 0
    for first in one:
        same = by_kind[(first.better, first.longer)]
        if not same:
            continue
        second = same.pop()
        count += 1
        right += better_of(panel, [first, second])[0] == first.better
        for n, judged in enumerate((first, second)):
            alone[n] += judged.comparison.choice == first.better
    assert right / count > max(alone) / count + 0.03


def test_a_probability_of_the_panel_is_calibrated() -> None:
    rng = random.Random(11)
    model = JudgeModel.fit(simulated(rng, 2000, 0.75, length=0.3))
    found = [(better_of([model], [one]), one.better) for one in simulated(rng, 4000, 0.75, length=0.3)]
    confident = [(probability, choice == better) for (choice, probability), better in found if choice != "tie"]
    mean = sum(p for p, _ in confident) / len(confident)
    assert mean == pytest.approx(sum(right for _, right in confident) / len(confident), abs=0.03)
