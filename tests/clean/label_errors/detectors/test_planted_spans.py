"""Errors of spans, planted: each is of one kind, and its target another one that could have been marked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from pipeline.clean.label_errors.detectors.planted_spans import wrong_spans
from pipeline.core.settings import Task
from pipeline.modeling.features.tagging_units import units
from tests.strategies import record

TASK = Task(type="ner", labels=("person", "地点"), languages=("en", "zh"))
ENGLISH = "Ann Smith went to York with Tom in May"
CHINESE = "安娜和汤姆在北京见面"
MARKED = (
    (ENGLISH, [{"start": 0, "end": 9, "label": "person"}, {"start": 18, "end": 22, "label": "地点"}]),
    (CHINESE, [{"start": 0, "end": 2, "label": "person"}, {"start": 6, "end": 8, "label": "地点"}]),
)


def records(count, spans=True):
    made = []
    for n in range(count):
        text, marks = MARKED[n % 2]
        made.append(record({"text": text}, marks if spans else [], id=f"r{n}"))
    return made


def test_every_kind_is_planted_at_about_the_rate_and_changes_the_spans():
    rows = records(400)
    found = wrong_spans(rows, TASK, 0.5, "0")
    kinds = Counter(one.kind for one in found if one)
    assert set(kinds) == {"missing", "other_type", "boundary", "extra"}
    assert 0.4 < sum(kinds.values()) / len(rows) < 0.6
    for row, one in zip(rows, found, strict=True):
        if one is None:
            continue
        changes = len(one.target) - len(row.target)
        assert changes == {"missing": -1, "extra": 1}.get(one.kind, 0)
        assert one.target != row.target


def test_planted_spans_stand_on_units_and_do_not_overlap():
    for row, one in zip(records(200), wrong_spans(records(200), TASK, 0.99, "1"), strict=True):
        if one is None:
            continue
        bounds = units(row.fields["text"])
        starts, ends = {a for a, _ in bounds}, {b for _, b in bounds}
        places = [(span["start"], span["end"]) for span in one.target]
        assert all(a in starts and b in ends and a < b for a, b in places)
        if one.kind in ("extra", "missing", "other_type"):
            assert all(first[1] <= second[0] for first, second in pairwise(places))


def test_originals_stay_and_the_draw_depends_on_the_record_alone():
    rows = records(60)
    before = [[dict(span) for span in row.target] for row in rows]
    found = wrong_spans(rows, TASK, 0.6, "0")
    assert [row.target for row in rows] == before
    assert wrong_spans(rows[::-1], TASK, 0.6, "0")[::-1] == found
    assert wrong_spans(rows, TASK, 0.6, "another seed") != found


def test_a_text_without_spans_is_made_wrong_more_rarely_and_only_by_one_too_many():
    found = [one for one in wrong_spans(records(400, spans=False), TASK, 0.8, "0") if one]
    assert {one.kind for one in found} == {"extra"}
    assert 0.1 < len(found) / 400 < 0.3


def test_one_label_has_no_other_type():
    task = Task(type="ner", labels=("person",), languages=("en",))
    rows = [record({"text": "Ann met Tom"}, [{"start": 0, "end": 3, "label": "person"}], id=str(n)) for n in range(80)]
    assert "other_type" not in {one.kind for one in wrong_spans(rows, task, 0.99, "0") if one}


@pytest.mark.parametrize("text", ["", "。！"])
def test_no_record_and_texts_with_no_word_to_mark(text):
    assert wrong_spans([], TASK, 0.5, "0") == []
    assert wrong_spans([record({"text": text}, [])], TASK, 3.9, "0") == [None]
