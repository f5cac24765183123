"""Where an answer stands in its context, also where the two are spelt differently."""

from __future__ import annotations

import pytest

from pipeline.core.record import Reject
from pipeline.tasks.answer_places import placed

ENGLISH = "Harold fell in 1066. He reigned 9 months."
CHINESE = "他住在北京，她住在上海。"


@pytest.mark.parametrize(
    ("context", "start", "text", "found"),
    [
        (ENGLISH, 0, "Harold", (0, "Harold")),
        (ENGLISH, 14, " 1066", (15, "1066")),  # white space around an answer is none of it
        (ENGLISH, 3, "1066", (15, "1066")),  # a wrong offset, and one place only
        (ENGLISH, 0, "Harold  fell", (0, "Harold fell")),
        (ENGLISH, 0, "in 1066, He", (12, "in 1066. He")),  # other signs, the same words
        (CHINESE, 0, "北京", (3, "北京")),
        (CHINESE, 0, "北京,她", (3, "北京，她")),
        ("She joined the Royal Society.", 0, "the royal society", (11, "the Royal Society")),
        ("来自ＡＢＣ公司。", 0, "ａｂｃ公司", (2, "ＡＢＣ公司")),
        ("来自ＡＢＣ公司。", 0, "abc公司.", (2, "ＡＢＣ公司。")),
        ("价格是３２元", 0, "32元", (3, "３２元")),
    ],
)
def test_an_answer_is_found_as_the_context_spells_it(
    context: str, start: int, text: str, found: tuple[int, str]
) -> None:
    place = placed({"start": start, "text": text}, context)
    assert (place["start"], place["text"]) == found
    assert context[place["start"] :].startswith(place["text"])


@pytest.mark.parametrize(
    ("context", "text", "reason"),
    [
        (CHINESE, "住在", "answer_is_ambiguous"),
        (ENGLISH, "William", "answer_not_in_context"),
        (ENGLISH, "", "answer_not_in_context"),
        (ENGLISH, "arold fel.", "answer_not_in_context"),  # it would begin and end inside words
        ("It took 1.5 hours.", "15 hours", "answer_not_in_context"),  # another number
        ("They told us so.", "US", "answer_not_in_context"),  # too short to be told without its case
        ("The Bank by the bank.", "THE BANK", "answer_is_ambiguous"),
        ("", "x", "answer_not_in_context"),
    ],
)
def test_an_answer_that_cannot_be_placed_is_rejected(context: str, text: str, reason: str) -> None:
    with pytest.raises(Reject) as error:
        placed({"start": -1, "text": text}, context)
    assert error.value.reason == reason
