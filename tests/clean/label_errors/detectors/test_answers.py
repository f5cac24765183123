"""Label errors of answers in a context."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors import answers
from pipeline.core.settings import Task
from tests.strategies import record

TASK = Task(type="qa", languages=("en", "zh"))
CONTEXT = "Ann moved to York. 安娜住在北京。"


def asked(answer, start=None, **more):
    start = CONTEXT.find(answer) if start is None else start
    return record({"context": CONTEXT, "question": "?"}, [{"start": start, "text": answer}], **more)


@pytest.mark.parametrize(
    ("row", "usable"),
    [
        (asked("York"), True),
        (asked("北京"), True),
        (asked("York", 0), False),  # not where it says
        (asked(" ", 3), False),  # no unit
        (record({"context": CONTEXT, "question": "?"}, []), False),
        (record({"context": CONTEXT, "question": "?"}), False),
    ],
)
def test_answers_that_stand_in_their_context_are_scored(row, usable):
    assert answers.usable(row) is usable


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ([(13, "York")], [(13, "York")], True),
        ([(13, "York")], [(13, "York.")], True),  # punctuation does not count
        ([(13, "York")], [(0, "York")], False),  # elsewhere
        ([(13, "York")], [(10, "to York")], False),
        ([(13, "York"), (19, "安娜")], [(19, "安娜")], True),
        ([], [(13, "York")], False),
    ],
)
def test_two_answers_are_the_same(a, b, same):
    one, other = ([{"start": start, "text": text} for start, text in part] for part in (a, b))
    assert answers.same(one, other, TASK) is same


def test_planted_answers_are_never_the_given_one():
    rows = [asked(("York", "Ann", "北京", "安娜")[n % 4], id=f"q{n}") for n in range(80)]
    planted = answers.plant(rows, TASK, 0.8, "0")["planted"]
    assert any(planted)
    assert not any(one and answers.same(one.target, row.target, TASK) for one, row in zip(planted, rows, strict=True))


def test_few_questions_are_not_scored_and_answers_have_no_classes():
    few = answers.eligible([asked("York", id=str(n)) for n in range(10)], TASK, 5)
    assert (few.rows, "10 groups" in few.why) == ([], True)
    assert answers.eligible([], TASK, 5).rows == []
    rows = [asked("York", 13 if n else 0, id=str(n), group=str(n)) for n in range(60)]
    assert answers.eligible(rows, TASK, 5).rows == list(range(1, 60))
    assert answers.strata([[], []]).dtype == np.int64
