"""Places of a context that could answer a question."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.clean.label_errors.detectors.answer_places import places, read, to_answer, to_place
from pipeline.core.record import Record
from pipeline.modeling.models import Model
from tests.strategies import record

TFIDF = Model(name="tfidf")
ENGLISH = "Ann moved to York. Tom stayed in Leeds until May."
CHINESE = "安娜搬到了北京。汤姆留在上海。"


def asked(context, question, answer, id="q"):
    return record({"context": context, "question": question}, [{"start": context.index(answer), "text": answer}], id=id)


ROWS = [
    asked(ENGLISH, "Where did Ann move?", "York", "q1"),
    asked(ENGLISH, "Where did Tom stay?", "Leeds", "q2"),
    asked(CHINESE, "安娜搬到哪里？", "北京", "q3"),
    asked(CHINESE, "汤姆留在哪里？", "上海", "q4"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.target[0]["text"])
def test_an_answer_and_its_place_are_the_same(row):
    (reading,) = read([row], TFIDF, 1)
    place = to_place(row.target[0], row.fields["context"])
    assert place is not None
    assert to_answer(place, reading) == row.target[0]


def place_of(row: Record) -> tuple[int, int]:
    """Where the first answer stands."""
    found = to_place(row.target[0], str(row.fields["context"]))
    assert found is not None
    return found


def test_an_answer_inside_a_word_takes_the_whole_word_and_one_of_blanks_none():
    assert to_place({"start": 14, "text": "or"}, ENGLISH) == to_place({"start": 13, "text": "York"}, ENGLISH)
    assert to_place({"start": 3, "text": " "}, ENGLISH) is None
    assert to_place({"start": 0, "text": ""}, "") is None


def test_given_answers_those_of_others_and_their_forms_are_tried():
    readings = read(ROWS, TFIDF, 4)
    given = [[place_of(row)] for row in ROWS]
    tried = places(readings, given, [True] * 4)
    york, leeds = given[0][0], given[1][0]
    assert york in tried[0]
    assert leeds in tried[0]
    assert (york[0] - 1, york[1]) in tried[0]
    for reading, part in zip(readings, tried, strict=True):
        assert part == sorted(set(part))
        assert all(0 <= a <= b < len(reading.words) for a, b in part)


def test_answers_that_are_not_known_are_tried_for_their_own_question_alone():
    readings = read(ROWS[:2], TFIDF, 2)
    far = (0, len(readings[0].words) - 1)  # the whole context: no run, and not drawn at random
    given = [[place_of(ROWS[0])], [far]]
    alone = places(readings, given, [True, False])
    assert far in alone[1]
    assert far not in alone[0]
    assert far in places(readings, given, [True, True])[0]


def test_the_sentence_that_is_most_like_the_question_has_rank_0():
    first, second, *_ = read(ROWS, TFIDF, 4)
    assert np.argmin(first.likeness) == 0
    assert np.argmin(second.likeness) == 1
    assert sorted(first.likeness) == list(range(len(first.likeness)))


def test_what_is_seen_of_a_place_tells_answers_apart():
    reading = read(ROWS, TFIDF, 4)[0]
    york = place_of(ROWS[0])
    seen = reading.features(york)
    assert {"before=to", "begins=york", "ends=york", "after=.", "rank 0", "n 1"} <= set(seen)
    assert seen != reading.features((york[0] - 1, york[1]))
    assert "before=^" in reading.features((0, 0))


def test_no_question_has_no_place():
    assert places([], [], []) == []
