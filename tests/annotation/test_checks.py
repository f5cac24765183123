"""Regions against their surface, and answers against their record: spans in three scripts."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.annotation.annotations import Annotation, parse_time
from pipeline.annotation.answers import answer_of, parted
from pipeline.annotation.checks import by_own_key, check_against
from pipeline.annotation.renamed_labels import new_value
from pipeline.core.record import Record, Reject, Source, as_json, content_id
from pipeline.core.settings import Task
from pipeline.tasks.region import Region

NER = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh", "ar"))


def span(start, end, label="PER", **more):
    return {"start": start, "end": end, "label": label, **more}


def record(text, name="r", key=None):
    return Record(name, {"text": text}, Source("s", "files", "a.csv", 1, "CC0", "unlabelled", key=key))


def given(value, **more):
    return Annotation("r", "ann", value, parse_time("2026-01-01T00:00:00Z"), "a.jsonl:1", **more)


def region(start, end, text, label="PER"):
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value}


def test_utf16_offsets_are_told_by_setting():
    text = "😀😀 Anna in Oslo"
    marks = [region(5, 9, None), region(13, 17, None, "LOC")]  # no surface is stated, so that nothing else tells
    found = answer_of(marks, {"text": text}, NER, utf16=True)
    assert [text[one["start"] : one["end"]] for one in found] == ["Anna", "Oslo"]


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("Ada in Paris", [span(0, 3), span(0, 3, "LOC")], "overlapping_spans"),
        ("Ada in Paris", [span(0, 2)], "half_word"),
        ("ذهبت ليلى", [span(5, 8)], "half_word"),
        ("Ada in Paris", [span(0, 90)], "offset_out_of_range"),
        ("Ada and Ada", [span(1, 4, text="Ada")], "surface_mismatch"),
    ],
)
def test_what_cannot_be_used_is_refused(text, value, reason):
    with pytest.raises(Reject) as error:
        check_against({"r": record(text)}, NER)(given(value))
    assert error.value.reason == reason


def test_spans_lose_blanks_and_repeats_and_chinese_has_no_half_words():
    check = check_against({"r": record("小王 去北京")}, NER)
    assert check(given([span(0, 3), span(0, 2), span(4, 6, "LOC")])) == [span(0, 2), span(4, 6, "LOC")]
    assert check_against({"r": record("Adam")}, NER, half_words=True)(given([span(0, 2)])) == [span(0, 2)]


def test_an_answer_on_another_text_is_set_aside_also_without_text_id():
    check = check_against({"r": record("Berlin, Germany is")}, NER)
    before, now = ({"text": content_id(as_json(text))} for text in ("Berlin,  Germany is", "Berlin, Germany is"))
    with pytest.raises(Reject, match="text_changed"):
        check(given([span(0, 16, "LOC")], shown=before))
    assert check(given([span(0, 15, "LOC")], shown=now)) == [span(0, 15, "LOC")]


def test_labels_get_their_name_of_today_in_every_shape():
    task = Task(type="classification", labels=("tech", "bill"), renamed={"technical": "tech", "故障": "tech"})
    assert new_value("technical", task) == "tech"
    assert new_value(["technical", "bill", "故障"], task) == ["tech", "bill"]
    assert new_value([span(0, 1, "故障")], task) == [span(0, 1, "tech")]
    chosen: Region = {"from_name": "label", "type": "choices", "value": {"choices": ["故障"]}}
    assert answer_of([chosen], {}, task) == "tech"
    with pytest.raises(ValueError, match="renamed maps names"):
        Task(type="classification", labels=("tech",), renamed={"technical": "techn"})


def test_other_controls_are_told_by_name():
    regions: list[Any] = [
        {"from_name": "reply", "type": "textarea", "value": {"text": ["Use the menu.", "使用菜单。"]}},
        {"from_name": "comment", "type": "textarea", "value": {"text": ["user is rude"]}},
        {"from_name": "tone", "type": "choices", "value": {"choices": ["rude"]}},
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
    ]
    chat = Task(type="chat", languages=("en", "zh"))
    answer, beside = parted(regions, chat)
    assert answer_of(answer, {}, chat) == "Use the menu.\n使用菜单。"
    assert (beside.comment, beside.unsure, len(beside.more)) == ("user is rude", False, 2)


def test_answers_may_name_records_by_the_sources_own_key():
    records = {name: record("x", name, key) for name, key in (("a", "7"), ("b", "8"), ("c", "8"))}
    told = [given("v") for _ in range(2)]
    first, second = (Annotation(key, *list(vars(one).values())[1:]) for key, one in zip("78", told, strict=True))
    assert [one.record_id for one in by_own_key([first, second], records)] == ["a", "8"]  # two records have the key 8
