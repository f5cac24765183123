"""References for targets that are no class: numbers, spans, answers."""

from __future__ import annotations

import pytest

from pipeline.core.settings import Task
from pipeline.evaluate.simple_baselines import SIMPLE, answers, numbers, spans
from tests.strategies import record

STARS = Task(type="regression", range=(1.0, 5.0))
NER = Task(type="ner", labels=("person", "地点"), languages=("en", "zh"))
QA = Task(type="qa")


def values(predictions):
    return [one.value for one in predictions]


def rated(text, stars):
    return record({"text": text, "text_pair": None}, stars)


def test_the_mean_of_train_and_what_words_let_expect():
    train = [rated(f"good film {n}", 5.0) for n in range(20)] + [rated(f"坏电影 {n}", 1.0) for n in range(20)]
    found = numbers(train, [rated("good film", None), rated("坏电影", None)], STARS)
    assert values(found["mean"]) == [3.0, 3.0]
    high, low = values(found["tfidf_ridge"])
    assert low < 3.0 < high


def test_of_skewed_numbers_the_median_is_another_reference_than_the_mean():
    train = [rated("fine", stars) for stars in (5.0, 5.0, 5.0, 1.0)]
    found = numbers(train, [rated("fine", None), rated("好", None)], STARS)
    assert values(found["median"]) == [5.0, 5.0]
    assert values(found["mean"]) == [4.0, 4.0]


def test_one_train_record_has_a_middle_alone():
    found = numbers([rated("x", 4.0)], [rated("y", None)], STARS)
    assert {name: values(said) for name, said in found.items()} == {"mean": [4.0], "median": [4.0]}


def marked(text, *marks):
    target = [{"start": text.index(s), "end": text.index(s) + len(s), "label": label} for s, label in marks]
    return record({"text": text}, target)


TRAIN = [
    marked("Ann met Tom in York", ("Ann", "person"), ("Tom", "person"), ("York", "地点")),
    marked("New York is not York", ("New York", "地点")),
    marked("安娜住在北京", ("安娜", "person"), ("北京", "地点")),
    marked("the train, the train", ("train", "person")),  # marked once of two times
    marked("the train is late"),
]


def found_by_gazetteer(text):
    (one,) = values(spans(TRAIN, [record({"text": text})], NER)["gazetteer"])
    return [(text[span["start"] : span["end"]], span["label"]) for span in one]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom saw Ann", [("Tom", "person"), ("Ann", "person")]),
        ("New York", [("New York", "地点")]),  # the longest
        ("Yorkshire and Annabel", []),  # never inside a word
        ("我去北京看安娜", [("北京", "地点"), ("安娜", "person")]),
        ("the train", []),
        ("", []),
    ],
)
def test_what_train_marks_at_least_as_often_as_not_is_an_entity(text, expected):
    assert found_by_gazetteer(text) == expected


def asked(context, question):
    return record({"context": context, "question": question}, [])


@pytest.mark.parametrize(
    ("context", "question", "best", "first"),
    [
        ("It rained. Ann went home.", "Where did Ann go?", (11, "Ann went home."), (0, "It rained.")),
        ("下雨了。安娜回家了。", "安娜去哪里了？", (4, "安娜回家了。"), (0, "下雨了。")),
        ("no full stop here", "?", (0, "no full stop here"), (0, "no full stop here")),
        ("a b. a c.", "x", (0, "a b."), (0, "a b.")),  # the first of equals
        ("  \n", "?", (0, "  \n"), (0, "  \n")),
    ],
)
def test_the_sentence_that_shares_most_words_with_the_question(context, question, best, first):
    found = answers([], [asked(context, question)], QA)
    for name, (start, text) in (("best_sentence", best), ("first_sentence", first)):
        assert values(found[name]) == [[{"start": start, "text": text}]]
        assert context[start:].startswith(text)


def test_every_kind_of_target_without_classes_has_references():
    assert set(SIMPLE) == {"number", "spans", "answers"}
