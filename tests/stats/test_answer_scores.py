"""Answers by the rules of SQuAD and CMRC."""

import pytest

from pipeline.core.record import Answer
from pipeline.stats.answer_scores import answer_scores, cmrc_pieces, squad_normalised


@pytest.mark.parametrize(
    ("said", "truths", "lang", "expected"),
    [
        ("the Cat!", ["a cat"], "en", (1.0, 1.0)),
        ("black cat", ["cat", "dog"], "en", (0.0, 2 / 3)),
        ("dog", ["cat", "dog"], "en", (1.0, 1.0)),
        (None, [], "en", (1.0, 1.0)),
        (None, ["cat"], "en", (0.0, 0.0)),
        ("cat", [], "en", (0.0, 0.0)),
        ("the", ["an"], "en", (1.0, 1.0)),  # nothing is left of both
        ("“北京”，市。", ["北京市"], "zh", (1.0, 1.0)),
        ("在北京", ["北京市"], "zh", (0.0, 2 / 3)),
        ("京北", ["北京"], "zh", (0.0, 0.5)),  # one character in a row
        ("ＧＤＰ增长 GDP", ["GDP"], "zh", (0.0, 0.4)),  # four pieces, one in common
    ],
)
def test_answers_are_compared_by_the_rules_of_their_language(said, truths, lang, expected):
    predicted: list[Answer] = [] if said is None else [{"start": 0, "text": said}]
    given: list[Answer] = [{"start": 0, "text": text} for text in truths]
    assert answer_scores(predicted, given, lang) == pytest.approx(expected)


def test_normalisation_by_hand():
    assert squad_normalised("The  U.S. $5 café, an Apple") == "us 5 café apple"
    assert cmrc_pieces("《Web 2.0》的作者，是谁？") == ["web", "2", "0", "的", "作", "者", "是", "谁"]
