"""Errors of marked answers, planted: at the wrong end, of another question, or elsewhere."""

from __future__ import annotations

from collections import Counter

from pipeline.clean.label_errors.detectors.planted_answers import wrong_answers
from tests.strategies import record

ENGLISH = "Ann Smith went to York with Tom in May, and Tom came back in June."
CHINESE = "安娜和汤姆五月在北京见面，六月回到上海。"


def question(id, context, answer):
    return record(
        {"context": context, "question": "?"}, [{"start": context.index(answer), "text": answer}], id=id, lang="zh"
    )


def questions(count):
    answers = ((ENGLISH, ("York", "Tom", "May")), (CHINESE, ("北京", "汤姆", "上海")))
    return [question(f"q{n}", answers[n % 2][0], answers[n % 2][1][n // 2 % 3]) for n in range(count)]


def test_every_kind_is_planted_and_stands_in_the_context():
    rows = questions(300)
    found = wrong_answers(rows, 0.5, "0")
    kinds = Counter(one.kind for one in found if one)
    assert set(kinds) == {"boundary", "other", "elsewhere"}
    assert 0.4 < sum(kinds.values()) / len(rows) < 0.6
    for row, one in zip(rows, found, strict=True):
        if one:
            (answer,) = one.target
            assert row.fields["context"][answer["start"] :].startswith(answer["text"])
            assert one.target != row.target


def test_an_answer_of_another_question_is_one_that_somebody_gave():
    rows = questions(300)
    given = {row.target[0]["text"] for row in rows}
    for row, one in zip(rows, wrong_answers(rows, 0.9, "1"), strict=True):
        if one and one.kind == "other":
            assert one.target[0]["text"] in given - {row.target[0]["text"]}
        if one and one.kind == "boundary":
            own, other = row.target[0], one.target[0]
            assert own["start"] < other["start"] + len(other["text"])
            assert other["start"] < own["start"] + len(own["text"])


def test_the_draw_depends_on_the_record_and_its_context_alone():
    rows = questions(60)
    found = wrong_answers(rows, 0.6, "0")
    assert wrong_answers(rows[::-1], 0.6, "0")[::-1] == found
    assert wrong_answers(rows, 0.6, "1") != found


def test_nothing_and_a_context_that_is_all_answer():
    assert wrong_answers([], 0.5, "0") == []
    assert wrong_answers([question("q", "York", "York")], 1.0, "0") == [None]
    assert wrong_answers(questions(20), 0.0, "0") == [None] * 20
