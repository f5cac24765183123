"""Readers of pairs: aligned files, TMX, columns; chats from instructions; several labels in one cell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chats import reply, turns
from tests.collect.conftest import CHAT, CLASSIFICATION

SUMMARIZATION = {"type": "summarization", "languages": ["zh"]}


def test_document_and_summary_columns_without_a_header(project):
    project.write("a.tsv", 'to title\t很长的摘要 "引号\t标题\nto title\tonly two\n')
    found = project.collect(
        SUMMARIZATION,
        path="a.tsv",
        columns=["kind", "abstract", "title"],
        quotes=False,
        fields={"text": "abstract"},
        target="title",
        lang="zh",
    )
    assert [(row["fields"]["text"], row["target"]) for row in found.rows] == [('很长的摘要 "引号', "标题")]
    assert found.reasons() == [("read", "wrong_cell_count", 2)]


@pytest.mark.parametrize("form", ["separator", "list"])
def test_several_labels_in_a_cell(project, form):
    task = CLASSIFICATION | {"labels": ["food", "price", "staff"], "multi_label": True}
    cells = ["price|food", "", "staff", "food|rain"]
    rows: list[dict[str, Any]] = [{"text": f"review {n} 很好", "labels": cell} for n, cell in enumerate(cells)]
    if form == "list":
        rows = [row | {"labels": [part for part in row["labels"].split("|") if part]} for row in rows]
    project.write("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    separator = {"target_separator": "|"} if form == "separator" else {}
    found = project.collect(task, path="a.jsonl", target="labels", **separator)
    # An empty cell says nothing; an empty list says that none applies.
    nothing: list[str] | None = None if form == "separator" else []
    assert [row["target"] for row in found.rows] == [["food", "price"], nothing, ["staff"]]
    assert found.reasons() == [("parse", "unknown_label", 4)]


def test_instances_give_one_chat_each(project):
    instances = [{"input": "夏天", "output": "荷花"}, {"input": "", "output": "雪"}]
    rows = [
        {"id": "1", "instruction": "写诗", "instances": instances},
        {"id": "2", "instruction": "x", "instances": []},
        {"id": "3", "instruction": "plain", "output": "reply"},
    ]
    project.write("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    found = project.collect(CHAT, path="a.jsonl", format="alpaca")
    conversations = [(row["fields"]["messages"][-1]["content"], row["target"]["content"]) for row in found.rows]
    assert sorted(conversations) == sorted([("写诗\n\n夏天", "荷花"), ("写诗", "雪"), ("plain", "reply")])
    assert found.reasons() == [("read", "not_a_dialogue", 2)]


def test_question_and_answer_columns_make_a_chat(project):
    project.write("a.jsonl", '{"question": "2 + 2?", "answer": "4"}\n{"question": "", "answer": "x"}\n')
    found = project.collect(CHAT, path="a.jsonl", fields={"messages": "question"}, target="answer")
    assert found.rows[0]["fields"]["messages"] == turns([("user", "2 + 2?")])
    assert found.rows[0]["target"] == reply("4")
    assert found.reasons() == [("parse", "missing_messages", 2)]
