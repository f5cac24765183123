"""Readers of pairs: aligned files, TMX, columns; chats from instructions; several labels in one cell."""

from __future__ import annotations

import json
import logging

import pytest

from pipeline.collect.rows import Row
from pipeline.core.errors import PipelineError
from tests.chats import reply, turns
from tests.collect.conftest import CHAT, CLASSIFICATION
from tests.collect.test_formats import read, values

TRANSLATION = {"type": "translation", "languages": ["en", "zh"], "target_language": "zh"}
REGRESSION = {"type": "regression", "languages": ["en", "zh"], "range": [0, 1]}
SUMMARIZATION = {"type": "summarization", "languages": ["zh"]}

# ------------------------------------------------------------------ parallel


def test_aligned_files_by_ending_and_by_path(tmp_path):
    (tmp_path / "a.zh").write_text("你好\n\n世界\n", "utf-8")
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "a.txt").write_text("您好\n\n天下\n", "utf-8")
    rows = read(tmp_path, "a.en", "hello\n\nworld\n", format="parallel", beside={"target": ".zh", "other": "zh/a.txt"})
    assert rows == [
        Row(1, {"text": "hello", "target": "你好", "other": "您好"}),
        Row(3, {"text": "world", "target": "世界", "other": "天下"}),
    ]


def test_aligned_files_break_line_by_line_and_uneven_ones_are_warned_about(tmp_path, caplog):
    (tmp_path / "a.zh").write_bytes("一\n \n".encode() + b"\xe9\n" + "四\u2028四\n五".encode())
    with caplog.at_level(logging.WARNING, "pipeline"):
        rows = read(tmp_path, "a.en", "1\n2\n3\n4\n5\n6\n7\n", format="parallel", beside={"target": ".zh"})
    assert values(rows) == [
        {"text": "1", "target": "一"},
        "empty_side",
        "undecodable",
        {"text": "4", "target": "四\u2028四"},
        {"text": "5", "target": "五"},
        "no_counterpart",
        "no_counterpart",
    ]
    assert [row.number for row in rows] == list(range(1, 8))
    assert "a.en, a.zh differ in length" in caplog.text


@pytest.mark.parametrize(("beside", "message"), [({}, "needs `beside`"), ({"target": ".fr"}, "no file 'a.fr' beside")])
def test_aligned_files_that_are_not_there_stop(tmp_path, beside, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.en", "x\n", format="parallel", beside=beside)


def test_aligned_files_of_scores_through_collect(project):
    project.write("a.src", "good\nbad\n")
    project.write("a.mt", "好\n坏\n")
    project.write("a.hter", "0.25\nmuch\n")
    found = project.collect(
        REGRESSION,
        path="a.src",
        format="parallel",
        beside={"text_pair": ".mt", "score": ".hter"},
        target="score",
    )
    assert [(row["fields"], row["target"]) for row in found.rows] == [({"text": "good", "text_pair": "好"}, 0.25)]
    assert found.reasons() == [("parse", "not_a_number", 2)]


def test_scores_of_one_text_need_no_pair_unless_it_is_named(project):
    project.write("a.csv", "text,score\n好,0.5\n")
    found = project.collect(REGRESSION, path="a.csv", target="score", lang="zh")
    assert [(row["fields"], row["target"]) for row in found.rows] == [({"text": "好", "text_pair": None}, 0.5)]
    with pytest.raises(PipelineError, match=r"fields\.text_pair: no column 'pair'"):
        project.collect(REGRESSION, path="a.csv", target="score", fields={"text_pair": "pair"})
    project.write("b.csv", "txt,score\n好,0.5\n")
    with pytest.raises(PipelineError, match=r"fields\.text: no column 'text'"):
        project.collect(REGRESSION, path="b.csv", target="score")


# ------------------------------------------------------------------ tmx

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4"><header srclang="en"/><body>
<tu tuid="1"><tuv xml:lang="en-US"><seg>Press <bpt i="1">&lt;b></bpt>OK<ept i="1">&lt;/b></ept> now</seg></tuv>
  <tuv xml:lang="zh-CN"><seg>现在按 <hi>OK</hi></seg></tuv></tu>
<tu><tuv lang="EN"><seg>Salt &amp; fish</seg></tuv><tuv lang="zh"><seg>盐和鱼</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Only one</seg></tuv><tuv xml:lang="fr"><seg>Un seul</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Blank</seg></tuv><tuv xml:lang="zh"><seg/></tuv></tu>
<tu><tuv xml:lang="en"><seg>Broken</tuv></tu>
<tu><tuv xml:lang="en"><seg>Byte \xff</seg></tuv><tuv xml:lang="zh"><seg>字节</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Not closed</seg></tuv>
<tu><tuv xml:lang="zh"><seg>最后</seg></tuv><tuv xml:lang="en"><seg>Last</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Cut o"""


def test_tmx_units_good_and_bad(tmp_path):
    content = TMX.encode().replace("\xff".encode(), b"\xff")
    rows = read(tmp_path, "a.tmx", content, format="tmx", languages=("en", "zh"))
    assert values(rows) == [
        {"text": "Press OK now", "target": "现在按 OK", "unit_id": "1"},
        {"text": "Salt & fish", "target": "盐和鱼", "unit_id": None},
        "missing_language",
        "empty_side",
        "not_xml",
        "undecodable",
        "truncated_file",
        {"text": "Last", "target": "最后", "unit_id": None},
        "truncated_file",
    ]
    assert [row.number for row in rows] == [3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert "no 'zh' among en, fr" in rows[2].detail


def test_tmx_in_utf_16(tmp_path):
    content = TMX.split("<tu><tuv xml")[0].encode("utf-16")
    assert len(read(tmp_path, "a.tmx", content, format="tmx", languages=("zh", "en"), encoding="utf-16")) == 2


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [("<tmx/>", {"languages": ("en", "zh")}, "no <tu> in it"), (TMX, {}, "needs `languages`")],
)
def test_tmx_that_is_none_stops(tmp_path, content, options, message):
    with pytest.raises(PipelineError, match=message):
        read(tmp_path, "a.tmx", content, format="tmx", **options)


def test_tmx_through_collect_needs_no_target(project):
    project.write("a.tmx", TMX.replace("\xff", ""))
    found = project.collect(TRANSLATION, path="a.tmx", format="tmx", languages=("en", "zh"))
    assert [row["target"] for row in found.rows] == ["现在按 OK", "盐和鱼", "字节", "最后"]
    assert len(found.dropped) == 5


# ------------------------------------------------------------------ columns


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
    rows = [{"text": f"review {n} 很好", "labels": cell} for n, cell in enumerate(cells)]
    if form == "list":
        rows = [row | {"labels": [part for part in row["labels"].split("|") if part]} for row in rows]
    project.write("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    separator = {"target_separator": "|"} if form == "separator" else {}
    found = project.collect(task, path="a.jsonl", target="labels", **separator)
    # An empty cell says nothing; an empty list says that none applies.
    nothing = None if form == "separator" else []
    assert [row["target"] for row in found.rows] == [["food", "price"], nothing, ["staff"]]
    assert found.reasons() == [("parse", "unknown_label", 4)]


# ------------------------------------------------------------------ instructions


def test_instances_give_one_chat_each(project):
    instances = [{"input": "夏天", "output": "荷花"}, {"input": "", "output": "雪"}]
    rows = [
        {"id": "1", "instruction": "写诗", "instances": instances},
        {"id": "2", "instruction": "x", "instances": []},
        {"id": "3", "instruction": "plain", "output": "reply"},
    ]
    project.write("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    found = project.collect(CHAT, path="a.jsonl", format="alpaca")
    talks = [(row["fields"]["messages"][-1]["content"], row["target"]["content"]) for row in found.rows]
    assert talks == [("写诗\n\n夏天", "荷花"), ("写诗", "雪"), ("plain", "reply")]
    assert found.reasons() == [("read", "not_a_dialogue", 2)]


def test_question_and_answer_columns_make_a_chat(project):
    project.write("a.jsonl", '{"question": "2 + 2?", "answer": "4"}\n{"question": "", "answer": "x"}\n')
    found = project.collect(CHAT, path="a.jsonl", fields={"messages": "question"}, target="answer")
    assert found.rows[0]["fields"]["messages"] == turns([("user", "2 + 2?")])
    assert found.rows[0]["target"] == reply("4")
    assert found.reasons() == [("parse", "missing_messages", 2)]
