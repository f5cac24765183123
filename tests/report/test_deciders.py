"""Who decided a label, in plain words of both languages."""

from __future__ import annotations

import pytest

from pipeline.label.aggregation import METHODS
from pipeline.report.deciders import decider
from pipeline.report.render import LANGUAGES, Words, load_strings


@pytest.mark.parametrize(
    ("who", "english", "chinese"),
    [
        ("crowd:dawid_skene", "crowd votes, Dawid-Skene", "众包投票（Dawid-Skene）"),
        ("crowd:majority", "crowd votes, majority vote", "众包投票（多数投票）"),
        ("source:reviews_new", "source “reviews_new”", "来源“reviews_new”"),
        ("human:安娜+bo", "people: 安娜, bo", "人工：安娜, bo"),
        ("human:4 annotators", "people: 4 annotators", "人工：4 名标注者"),
        ("model:linear", "model: linear model", "模型：线性模型"),
        ("model:Qwen/Qwen3-8B", "model: Qwen/Qwen3-8B", "模型：Qwen/Qwen3-8B"),
        ("(nobody)", "nobody", "无人"),
        ("worker-08", "worker-08", "worker-08"),
        ("team:ann", "team:ann", "team:ann"),
    ],
)
def test_who_decided_reads_as_a_person_would_say_it(who, english, chinese):
    words = {language: Words(load_strings(language), language) for language in LANGUAGES}
    for language, wanted in (("en", english), ("zh", chinese)):
        assert words[language].who(who).striptags() == wanted


def test_every_method_of_aggregation_has_a_name_in_both_languages():
    for language in LANGUAGES:
        strings = load_strings(language)
        assert not [name for name in METHODS if f"code.{name}" not in strings]


def test_a_name_of_the_data_is_no_markup():
    words = Words(load_strings("en"), "en")
    assert "<b>" not in words.who("source:<b>x</b>")
    assert decider("<i>") is None
