"""Topics by clusters, each named by its key terms."""

from __future__ import annotations

import pytest

from pipeline.clean.tags.clusters import topics
from pipeline.modeling.models import Model

TFIDF = Model(name="tfidf")
TEXTS = [
    *(f"the football match ended {n} to {n % 3} after a late goal" for n in range(30)),
    *(f"今天的面条很好吃，我喜欢吃面条和米饭 {n}" for n in range(30)),
]


def test_each_cluster_has_a_name_of_its_own_terms():
    found = topics(TEXTS, TFIDF, 2, 0)
    assert len(set(found[:30])) == len(set(found[30:])) == 1
    sport, food = found[0], found[30]
    assert sport != food
    assert {"football", "match", "goal", "ended", "late", "after", "the"} & set(sport.split(", "))
    assert not any(letter.isascii() and letter.isalpha() for letter in food)
    assert len(food.split(", ")) == 2


def test_equal_seeds_give_equal_topics():
    assert topics(TEXTS, TFIDF, 4, 1) == topics(TEXTS, TFIDF, 4, 1)


@pytest.mark.parametrize("count", [0, 1, 19])
def test_few_texts_have_no_topic(count):
    assert topics(TEXTS[:count], TFIDF, 5, 0) == [""] * count


def test_no_more_topics_than_ten_texts_each_allow():
    assert len(set(topics(TEXTS[:40], TFIDF, 20, 0))) <= 4


def test_clusters_of_equal_terms_are_told_apart():
    found = topics(["same words here"] * 40, TFIDF, 2, 0)
    assert all(found)
