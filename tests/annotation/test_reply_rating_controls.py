"""The screen on which people rate replies and compare them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pipeline.annotation.controls import controls
from pipeline.annotation.reply_rating_controls import ASK, comparing_controls, rating_controls
from pipeline.annotation.reply_ratings import EQUAL, FIRST, PREFERENCE, RATING, SECOND
from pipeline.llm.judges.rubric import Rubric

RUBRIC = Rubric.model_validate(
    {
        "scale": (0, 4),
        "criteria": {
            "help": {
                "about": {"en": 'Does it "help"?', "zh": "有帮助吗？"},
                "anchors": {0: {"en": "no"}, 4: {"en": "fully"}},
            },
            "truth": {"about": {"en": "Is it <true>?"}},
        },
    }
)


def shown(controls_of: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<View>{controls_of}</View>")


@pytest.mark.parametrize(("language", "about"), [("en", 'Does it "help"?'), ("zh", "有帮助吗？")])
def test_each_criterion_has_stars_and_says_what_they_mean(language: str, about: str) -> None:
    root = shown(rating_controls(RUBRIC, language))
    stars = {one.get("name"): one.get("maxRating") for one in root.iter("Rating")}
    assert stars == {f"{RATING}help": "5", f"{RATING}truth": "5"}
    headers = [str(one.get("value")) for one in root.iter("Header")]
    assert f"help: {about} (1: no; 5: fully)" in headers  # a grade of 0 is one star
    assert "truth: Is it <true>?" in headers


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_of_three_choices_compares_two_replies(language: str) -> None:
    found = list(controls(f"<View>{comparing_controls(language)}</View>"))
    assert [(one.name, one.values) for one in found] == [(PREFERENCE, (FIRST, SECOND, EQUAL))]
    dialogues = [one.get("name") for one in shown(comparing_controls(language)).iter("HyperText")]
    assert dialogues == [FIRST, SECOND]


def test_what_is_asked_is_said_in_the_same_languages() -> None:
    assert {kind: sorted(said) for kind, said in ASK.items()} == {"rate": ["en", "zh"], "compare": ["en", "zh"]}


def test_a_language_without_words_is_no_screen() -> None:
    with pytest.raises(KeyError):
        comparing_controls("fr")
