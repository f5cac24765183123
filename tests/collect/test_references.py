"""Rows with several right answers."""

from __future__ import annotations

import json

import pytest

from pipeline.core.errors import PipelineError
from tests.collect.conftest import CHAT, CLASSIFICATION

TRANSLATION = {"type": "translation", "languages": ["en"], "target_language": "zh"}


def answers(found):
    return [(row["fields"]["text"], row["target"]) for row in found.rows]


def test_a_list_and_columns_of_references_make_a_record_each(project):
    rows = [
        {"id": 1, "en": "hello", "zh": ["你好", "您好", "你好"], "other": "嗨"},
        {"id": 2, "en": "bye", "zh": "再见", "other": None},
        {"id": 3, "en": "well", "zh": [], "other": ""},
    ]
    project.write("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    named = {"fields": {"text": "en"}, "target": "zh", "references": ["other"], "key": "id"}
    found = project.collect(TRANSLATION, path="a.jsonl", **named)
    expected = [("hello", "你好"), ("hello", "您好"), ("hello", "嗨"), ("bye", "再见"), ("well", None)]
    assert sorted(answers(found), key=str) == sorted(expected, key=str)
    assert found.dropped == []
    again = project.collect(TRANSLATION, path="a.jsonl", **named)
    assert [row["id"] for row in again.rows] == [row["id"] for row in found.rows]


def test_references_in_one_cell_and_in_nested_columns(project):
    project.write("a.csv", "text,t\nhi,你好|嗨\n")
    found = project.collect(TRANSLATION, path="a.csv", target="t", target_separator="|")
    assert set(answers(found)) == {("hi", "你好"), ("hi", "嗨")}
    project.write("b.jsonl", json.dumps({"translation": {"en": "hi", "zh": ["你好", "嗨"]}}))
    found = project.collect(TRANSLATION, path="b.jsonl", fields={"text": "translation.en"}, target="translation.zh")
    assert set(answers(found)) == {("hi", "你好"), ("hi", "嗨")}


def test_several_replies_to_one_prompt(project):
    project.write("c.jsonl", json.dumps({"q": "你好吗", "a": ["很好", "还行"]}))
    found = project.collect(CHAT, path="c.jsonl", fields={"messages": "q"}, target="a", lang="zh")
    assert {row["target"]["content"] for row in found.rows} == {"很好", "还行"}


def test_what_is_no_text_is_refused_as_ever_and_labels_have_no_references(project):
    project.write("d.jsonl", '{"text": "hi", "t": ["你好", 3]}\n{"text": "bye", "t": "再见"}\n')
    found = project.collect(TRANSLATION, path="d.jsonl", target="t")
    assert answers(found) == [("bye", "再见")]
    assert len(found.dropped) == 1
    project.write("e.csv", "text,y,z\ngood,positive,negative\n")
    with pytest.raises(PipelineError, match=r"s\.references: only for answers that are texts"):
        project.collect(CLASSIFICATION, path="e.csv", target="y", references=["z"])
    with pytest.raises(PipelineError, match="no column 'zz'"):
        project.collect(TRANSLATION, path="d.jsonl", target="t", references=["zz"])


def test_an_unlabelled_row_is_one_record_whatever_answers_it_has(project):
    project.write("u.jsonl", json.dumps({"id": 1, "text": "hello", "zh": ["你好", "您好"]}))
    named = {"target": "zh", "key": "id", "role": "unlabelled"}
    [row] = project.collect(TRANSLATION, path="u.jsonl", **named).rows
    assert (row["target"], row["source"]["key"]) == (None, "1")
