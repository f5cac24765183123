"""An export of Label Studio as one source: tasks become records, answers targets or votes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.errors import PipelineError

NER = {"type": "ner", "labels": ["PER", "LOC"], "languages": ["en", "zh"]}
SETS = {"type": "classification", "labels": ["screen", "电池"], "multi_label": True, "languages": ["en", "zh"]}
TRANSLATION = {"type": "translation", "languages": ["en"], "target_language": "zh"}
CHOSEN = {"from_name": "mood", "to_name": "text", "type": "choices"}


def said(who: int, *choices: str, **more: Any) -> dict[str, Any]:
    result = [CHOSEN | {"value": {"choices": list(choices)}}] if choices else []
    return {"completed_by": who, "result": result, "created_at": f"2026-01-0{who}"} | more


def tasks(*answers: list[dict[str, Any]], texts: list[str] | None = None) -> str:
    texts = texts or [f"text {n} 文本" for n in range(len(answers))]
    made = enumerate(zip(texts, answers, strict=True), 1)
    return json.dumps([{"id": n, "data": {"text": text}, "annotations": given} for n, (text, given) in made])


@pytest.fixture
def export(project):
    def collect(content: str, task: dict[str, Any] | None = None, **settings: Any) -> Any:
        project.write("e.json", content)
        return project.collect(task, path="e.json", format="label_studio", **settings)

    return collect


def test_one_answer_is_the_target_and_several_are_votes(export):
    skipped = said(3, "positive", was_cancelled=True)
    found = export(tasks([said(1, "positive")], [said(1, "positive"), said(2, "negative")], [skipped], []))
    assert [(row["target"], len(row["votes"])) for row in found.rows] == [("positive", 0), (None, 2)]
    assert [row["reason"] for row in found.dropped] == ["cancelled", "no_annotation"]
    assert found.rows[0]["labels_by"]["who"] == "source:s"
    assert [vote["annotator"] for vote in found.rows[1]["votes"]] == ["1", "2"]


def test_annotators_who_all_agree_decide_as_a_crowd(export):
    [row] = export(tasks([said(2, "negative"), said(1, "negative")])).rows
    assert (row["target"], row["labels_by"]["who"], len(row["votes"])) == ("negative", "crowd:s", 2)


def test_addresses_of_annotators_become_pseudonyms(export):
    answers = [said(n, "positive", completed_by=who) for n, who in ((1, "ann@example.org"), (2, "小王"))]
    [row] = export(tasks([answers[1], answers[0]])).rows
    names = [vote["annotator"] for vote in row["votes"]]
    assert names[0].startswith("annotator-")
    assert names[1] == "小王"


def test_a_vote_that_cannot_be_stored_is_quarantined(export):
    found = export(tasks([said(1, "positive"), said(2, "positive", completed_by="\ud800")], [said(1, "negative")]))
    assert [row["target"] for row in found.rows] == ["negative"]
    assert [row["reason"] for row in found.dropped] == ["broken_unicode"]


def test_an_answer_that_is_none_costs_itself_alone(export):
    found = export(tasks([said(1, "positive"), said(2, "hm"), said(3)], [said(1, "hm")]))
    assert [(row["target"], len(row["votes"])) for row in found.rows] == [("positive", 0)]
    assert [row["reason"] for row in found.dropped] == ["unknown_label", "empty_annotation", "unknown_label"]


def test_one_annotator_counts_once(export):
    found = export(tasks([said(1, "positive"), said(1, "negative")]))
    assert [row["target"] for row in found.rows] == ["positive"]
    assert [row["reason"] for row in found.dropped] == ["repeated_vote"]


def test_labels_are_translated_and_excluded(export):
    found = export(
        tasks([said(1, "好评")], [said(1, "差评")], [said(1, "无关")]),
        labels={"好评": "positive", "差评": "negative", "无关": None},
    )
    assert [row["target"] for row in found.rows] == ["positive", "negative"]
    assert [row["reason"] for row in found.dropped] == ["excluded_label"]


def test_spans_stand_where_their_surface_stands(export):
    def marked(start: int, end: int, surface: str, label: str = "PER") -> dict[str, Any]:
        value = {"start": start, "end": end, "text": surface, "labels": [label]}
        return {"completed_by": 1, "result": [{"type": "labels", "to_name": "text", "value": value}]}

    content = tasks(
        [marked(3, 7, "Anna")], [marked(0, 2, "安娜")], [marked(0, 2, "Bo")], texts=["👍 Anna", "昨天安娜", "x"]
    )
    found = export(content, NER)
    assert [row["target"] for row in found.rows] == [
        [{"start": 2, "end": 6, "label": "PER"}],
        [{"start": 2, "end": 4, "label": "PER"}],
    ]
    assert [row["reason"] for row in found.dropped] == ["surface_mismatch"]


def test_label_sets_and_written_texts(export):
    [row] = export(tasks([said(1, "电池", "screen")]), SETS).rows
    assert row["target"] == ["screen", "电池"]
    written = {"completed_by": 1, "result": [{"type": "textarea", "value": {"text": ["你好"]}}]}
    [row] = export(tasks([written], texts=["hello"]), TRANSLATION).rows
    assert row["target"] == "你好"


@pytest.mark.parametrize("result", [["x"], [{"type": "choices"}], [{"type": "choices", "value": None}]])
def test_a_result_that_cannot_be_read_is_quarantined(export, result):
    found = export(tasks([said(1, "positive")], [{"completed_by": 2, "result": result}]))
    assert [row["reason"] for row in found.dropped] == ["unreadable_result"]


def test_unlabelled_sources_and_named_columns_ignore_answers(export):
    [row] = export(tasks([said(1, "positive"), said(2, "hm")]), role="unlabelled").rows
    assert (row["target"], row["votes"]) == (None, [])
    data = [{"id": 1, "data": {"text": "good", "y": "negative"}, "annotations": [said(1, "positive")]}]
    [row] = export(json.dumps(data), target="y").rows
    assert (row["target"], row["votes"]) == ("negative", [])


def test_a_test_source_takes_the_answers_and_an_empty_export_is_told(export):
    [row] = export(tasks([said(1, "positive")]), role="test").rows
    assert (row["target"], row["split"]) == ("positive", "test")
    with pytest.raises(PipelineError, match="It has no rows"):
        export("[]")


def test_votes_named_as_a_source_of_their_own_are_not_counted_twice(project):
    project.write("e.json", tasks([said(1, "positive"), said(2, "negative")]))
    one = {"kind": "files", "role": "train", "licence": "MIT", "path": "e.json", "format": "label_studio", "lang": "en"}
    votes = {
        "kind": "crowd",
        "of": "a",
        "licence": "MIT",
        "path": "e.json",
        "format": "label_studio",
        "item": "task_id",
    }
    found = project.collect(sources={"a": one | {"key": "task_id"}, "v": votes})
    assert [len(row["votes"]) for row in found.rows] == [2]
    assert found.dropped == []


def test_labels_are_read_from_the_answers(export, project):
    task = {"type": "classification", "labels": "from_data", "languages": ["en", "zh"]}
    found = export(tasks([said(1, "b")], [said(1, "乙")], [said(2, "乙")]), task)
    assert [row["target"] for row in found.rows] == ["b", "乙", "乙"]


def test_an_answer_is_of_whoever_changed_it_last(export):
    [row] = export(tasks([said(1, "positive", updated_by=3), said(2, "positive")])).rows
    assert [vote["annotator"] for vote in row["votes"]] == ["2", "3"]


REMARK = {"from_name": "comment", "to_name": "text", "type": "textarea", "value": {"text": ["ask the boss"]}}
DOUBT = {"from_name": "unsure", "to_name": "text", "type": "choices", "value": {"choices": ["unsure"]}}


def test_remarks_and_doubts_are_no_part_of_the_answer(export):
    written = {"from_name": "zh", "to_name": "text", "type": "textarea", "value": {"text": ["你好"]}}
    answer = said(1) | {"result": [REMARK, written, DOUBT]}
    [row] = export(tasks([answer], texts=["hello"]), TRANSLATION).rows
    assert row["target"] == "你好"
    unsure = said(1, "positive")
    unsure["result"] += [REMARK, DOUBT]
    [row] = export(tasks([unsure])).rows
    assert row["target"] == "positive"
    ours = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["negative"]}}
    tone = {"from_name": "tone", "to_name": "text", "type": "choices", "value": {"choices": ["rude"]}}
    [row] = export(tasks([said(1) | {"result": [ours, tone]}])).rows
    assert row["target"] == "negative"


def test_marks_that_overlap_cost_that_answer_alone(export):
    def marks(who, *spans):
        shape = {"from_name": "m", "to_name": "text", "type": "labels"}
        values = [{"start": a, "end": b, "labels": [label]} for a, b, label in spans]
        return said(who) | {"result": [shape | {"value": value} for value in values]}

    found = export(tasks([marks(1, (0, 2, "PER"), (1, 4, "LOC")), marks(2, (0, 2, "PER"))], texts=["小王在北京"]), NER)
    assert [row["target"] for row in found.rows] == [[{"start": 0, "end": 2, "label": "PER"}]]
    assert [row["reason"] for row in found.dropped] == ["overlapping_spans"]
