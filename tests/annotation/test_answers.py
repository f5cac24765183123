"""The answer that an annotation holds, and what people put beside it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.annotation.answers import answer_of, parted
from pipeline.core.record import Reject
from pipeline.core.settings import Task

REVIEWS = Task(type="classification", labels=("good", "坏"), renamed={"fine": "good"})
PLACES = Task(type="ner", labels=("place", "地点"))


def choice(value: str, name: str = "label") -> Any:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [value]}}


def area(text: str | list[str], name: str) -> Any:
    return {"from_name": name, "to_name": "text", "type": "textarea", "value": {"text": text}}


def test_remarks_and_doubts_stand_beside_the_answer() -> None:
    result = [choice("坏"), area(["太短", "too short"], "comment"), choice("yes", "unsure"), choice("spam", "kind")]
    answer, beside = parted(result, REVIEWS)
    assert answer == [choice("坏")]
    assert (beside.comment, beside.unsure) == ("太短\ntoo short", True)
    assert beside.more == [choice("spam", "kind")]


def test_nothing_beside_the_answer() -> None:
    answer, beside = parted([choice("good")], REVIEWS)
    assert (answer, beside.comment, beside.unsure, beside.more) == ([choice("good")], None, False, [])
    assert parted([], REVIEWS) == ([], parted([choice("good")], REVIEWS)[1])


def test_a_remark_of_one_line_may_be_a_plain_text() -> None:
    assert parted([area("见上文", "comment")], REVIEWS)[1].comment == "见上文"


def test_a_region_without_a_name_is_an_answer_but_a_relation_is_not() -> None:
    nameless: Any = {"type": "choices", "value": {"choices": ["good"]}}
    relation: Any = {"type": "relation", "value": {}, "from_id": "a", "to_id": "b"}
    answer, beside = parted([nameless, relation], REVIEWS)
    assert (answer, beside.more) == ([nameless], [relation])


def test_an_answer_has_the_names_of_today() -> None:
    assert answer_of([choice("fine")], {"text": "x"}, REVIEWS) == "good"


@pytest.mark.parametrize(
    ("region", "reason"), [(choice("meh"), "unknown_label"), (area("x", "text"), "empty_annotation")]
)
def test_an_answer_that_is_no_label_is_rejected(region: Any, reason: str) -> None:
    with pytest.raises(Reject) as error:
        answer_of([region], {"text": "x"}, REVIEWS)
    assert error.value.reason == reason


@pytest.mark.parametrize(("utf16", "start", "end"), [(True, 3, 5), (False, 2, 4)])
def test_offsets_count_code_points_or_utf16_units(utf16: bool, start: int, end: int) -> None:
    region: Any = {
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": start, "end": end, "labels": ["地点"]},
    }
    assert answer_of([region], {"text": "😀在北京"}, PLACES, utf16) == [{"start": 2, "end": 4, "label": "地点"}]
