"""Regression: numbers of a text or a pair of texts."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.core.record import Reject
from pipeline.core.settings import Task
from pipeline.tasks import TASKS
from tests.strategies import record

KIND = TASKS["regression"]
STARS = Task(type="regression", range=(1.0, 5.0))
ANY = Task(type="regression")


@pytest.mark.parametrize(
    ("values", "target", "found"),
    [
        ({"text": "好", "text_pair": "很好"}, 4, ({"text": "好", "text_pair": "很好"}, 4.0)),
        ({"text": "good"}, "3.5", ({"text": "good", "text_pair": None}, 3.5)),
        ({"text": "good", "text_pair": None}, None, ({"text": "good", "text_pair": None}, None)),
    ],
)
def test_a_row_is_one_text_or_two_and_a_number(values: Any, target: Any, found: Any) -> None:
    assert KIND.parse(values, target, STARS) == found


@pytest.mark.parametrize("target", ["much", "", "nan", float("inf"), True, [3]])
def test_what_is_no_number_is_rejected(target: Any) -> None:
    with pytest.raises(Reject) as error:
        KIND.parse({"text": "x"}, target, STARS)
    assert error.value.reason == "not_a_number"


@pytest.mark.parametrize(
    ("target", "task", "problems"),
    [(5.0, STARS, []), (0.9, STARS, ["0.9 is outside 1.0 to 5.0"]), (1e9, ANY, []), (None, STARS, [])],
)
def test_a_number_lies_within_the_range(target: float | None, task: Task, problems: list[str]) -> None:
    assert KIND.problems(record({"text": "x", "text_pair": None}, target), task) == problems


@pytest.mark.parametrize(
    ("numbers", "task", "agreed"),
    [
        ([3.0, 3.4, 3.2], STARS, [3.2]),
        ([3.0, 3.5], STARS, None),  # more than a tenth of 1 to 5
        ([3.0, 3.0], ANY, None),  # without a range nothing says what is near
        ([2.0], STARS, [2.0]),
    ],
)
def test_numbers_that_are_near_become_their_mean(numbers: list[float], task: Task, agreed: list[float] | None) -> None:
    found = KIND.agree(numbers, task)
    assert found == (agreed if agreed is None else [pytest.approx(agreed[0])])


def test_the_range_is_what_annotators_may_enter() -> None:
    assert 'min="1.0" max="5.0"' in KIND.labeling_config(STARS)
    assert "min=" not in KIND.labeling_config(ANY)


def test_a_pair_is_likened_by_both_texts() -> None:
    pair = record({"text": "源", "text_pair": "source"}, 2.0)
    alone = record({"text": "源", "text_pair": None}, 2.0)
    assert KIND.compared_texts(pair) == ("源", "source")
    assert KIND.compared_texts(alone) == ("源", "")
    assert (KIND.main_text(pair), KIND.main_text(alone)) == ("源\nsource", "源")
    assert KIND.to_label_studio(alone) == {"text": "源", "text_pair": ""}


def test_no_number_given_is_no_answer() -> None:
    with pytest.raises(Reject) as error:
        KIND.target_from_result([], STARS)
    assert error.value.reason == "empty_annotation"
    with pytest.raises(Reject, match="no free text"):
        KIND.with_answer(record({"text": "x", "text_pair": None}, 2.0), "y", "3")
