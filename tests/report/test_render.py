"""The page as HTML: inert, alone, and the same strings in both languages."""

from __future__ import annotations

import re

import pytest

from pipeline.report.document import build
from pipeline.report.inputs import load_inputs
from pipeline.report.params import Params
from pipeline.report.render import LANGUAGES, decimal, load_strings, number, percent, render, shared_lines
from pipeline.report.sections import SECTIONS
from tests.report.conftest import HOSTILE, TASK


def test_markup_in_data_is_inert(document):
    page = render(document)
    assert "window.hacked" in page
    assert HOSTILE not in page
    assert not re.search(r"<(script|img)[^>]*>\s*window\.hacked|<img", page)
    assert page.count("<script") == 3


def test_a_hostile_title_and_label_are_inert(project):
    document = build(load_inputs(project, TASK, Params(title=HOSTILE)))
    document["task"]["labels"] = [HOSTILE]
    assert HOSTILE not in render(document)


def test_the_page_asks_for_nothing_from_outside(document):
    page = render(document)
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"(?!#|data:|tables/)", page)
    assert "url(" not in page


def test_both_languages_have_the_same_strings_and_placeholders():
    english, chinese = (load_strings(language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
    needed = {f"{kind}.{name}" for kind in ("section", "lead") for name in SECTIONS}
    assert needed <= english.keys()


def test_lines_that_histories_share_stand_once_and_none_is_lost(document):
    histories = document["record_histories"]
    shared = shared_lines(histories)
    again = {
        id: [shared["lines"][line] if isinstance(line, int) else line for line in lines]
        for id, lines in shared["records"].items()
    }
    assert again == histories
    assert len(shared["lines"]) < sum(map(len, histories.values())) / 3
    assert shared_lines({}) == {"lines": [], "records": {}}


def test_a_page_holds_the_sentences_that_it_says_and_no_others(document):
    page = render(document)
    said = set(re.findall(r"said\.\d+", page.split('id="strings"')[0]))
    assert {key for key in re.findall(r'"(said\.\d+)":', page)} == said
    assert len(said) < sum(key.startswith("said.") for key in load_strings("en"))


def test_every_term_of_the_glossary_has_a_name():
    strings = load_strings("en")
    assert {key[5:] for key in strings if key.startswith("term.")} == {
        key[5:] for key in strings if key.startswith("name.")
    }


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (number(1234567), "1,234,567"),
        (number(None), "–"),
        (percent(0.034), "3.4 %"),
        (percent(1), "100 %"),
        (percent(0), "0 %"),
        (decimal(0.12345), "0.123"),
        (decimal(None), "–"),
    ],
)
def test_figures_are_shown(shown, wanted):
    assert shown == wanted
