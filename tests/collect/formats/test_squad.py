from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from tests.collect.reading import read

QA = {"type": "qa", "languages": ["en", "zh"]}


def squad(*paragraphs: dict[str, Any], title: str = "T") -> dict[str, Any]:
    return {"version": "1", "data": [{"title": title, "paragraphs": list(paragraphs)}]}


def qa(identity: str, *answers: tuple[int, str], **more: Any) -> dict[str, Any]:
    given = [{"answer_start": start, "text": text} for start, text in answers]
    return {"id": identity, "question": f"{identity}?", "answers": given, **more}


def test_squad_answers_and_questions_that_have_none(tmp_path):
    paragraph = {
        "context": "他住在北京。",
        "qas": [
            qa("1", (3, "北京")),
            qa("2", is_impossible=True, plausible_answers=[{"text": "他", "answer_start": 0}]),
            {"id": "3", "question": "unknown?"},
        ],
    }
    rows = read(tmp_path, "a.json", json.dumps(squad(paragraph)), format="squad")
    assert [row.values["answers"] for row in rows] == [[{"start": 3, "text": "北京"}], [], None]
    assert len({row.values["context_id"] for row in rows}) == 1
    assert (rows[0].values["id"], rows[0].values["title"], rows[0].number) == ("1", "T", 1)


def test_cmrc_in_its_own_form(tmp_path):
    row = {
        "context_id": "TRIAL_1",
        "context_text": "他住在北京。",
        "title": "x",
        "qas": [{"query_id": "Q1", "query_text": "哪里？", "answers": ["北京", "住在北京"]}],
    }
    (found,) = read(tmp_path, "a.json", json.dumps([row]), format="squad")
    assert [a["start"] for a in found.values["answers"]] == [3, 1]
    assert (found.values["id"], found.values["question"]) == ("Q1", "哪里？")


def test_squad_bad_parts_cost_themselves_alone(tmp_path):
    paragraph = {
        "context": "Ann left",
        "qas": [
            qa("1", (0, "Ann")),
            qa("2", (0, "Ann"), is_impossible=True),
            qa("3", is_impossible=False),
            {"id": "4", "answers": []},
            {"id": "5", "question": "?", "answers": [{"text": "Ann"}]},
            "6",
        ],
    }
    data = squad(paragraph, {"context": "no questions"})
    data["data"].append(7)
    rows = read(tmp_path, "a.json", json.dumps(data), format="squad")
    assert [getattr(row, "reason", None) for row in rows] == [
        None,
        "contradictory_answer",
        "contradictory_answer",
        "not_a_question",
        "bad_answer",
        "not_a_question",
        "not_a_paragraph",
        "not_an_article",
    ]
    assert [row.number for row in rows] == list(range(1, 9))


def test_squad_cut_off_or_in_another_encoding_keeps_its_sound_articles(tmp_path):
    data = squad({"context": "Ann left", "qas": [qa("1", (0, "Ann"))]})
    data["data"] *= 3
    text = json.dumps(data, indent=1)
    cut = read(tmp_path, "a.json", text[: text.rindex("Ann")], format="squad")
    assert [getattr(row, "reason", None) for row in cut] == [None, None, "not_json", "truncated_file"]
    other = read(tmp_path, "a.json", text.encode().replace(b"left", b"l\xe9ft", 1), format="squad")
    assert [getattr(row, "reason", None) for row in other] == ["undecodable", None, None]


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"rows": []}', "found an object with the keys rows"), ("not json", "no list called `data`"), ("7", "a value")],
)
def test_squad_that_is_none_stops(tmp_path, content, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.json", content, format="squad")


def test_squad_through_collect_has_key_group_and_target_of_its_own(project):
    questions = [qa("1", (0, "Ann")), qa("2", (4, "left")), qa("1", (0, "Ann")), qa("3", (99, "left"))]
    project.write("a.json", json.dumps(squad({"context": "Ann left", "qas": questions})))
    found = project.collect(QA, path="a.json", format="squad")
    assert found.reasons() == [("parse", "repeated_key", 3)]
    assert next(row["target"] for row in found.rows) == [{"start": 0, "text": "Ann"}]
    assert len({row["group"] for row in found.rows}) == 1
    assert found.rows[0]["group"].startswith("s:")


def test_answers_in_columns_are_read_as_datasets_has_them(project):
    row = {"context": "Ann left", "question": "who?", "answers": {"text": ["Ann"], "answer_start": [0]}}
    broken = {**row, "answers": {"text": ["Ann"], "answer_start": []}}
    project.write("a.jsonl", f"{json.dumps(row)}\n{json.dumps(broken)}\n")
    found = project.collect(QA, path="a.jsonl", target="answers")
    assert found.rows[0]["target"] == [{"start": 0, "text": "Ann"}]
    assert found.reasons() == [("parse", "bad_answer", 2)]
