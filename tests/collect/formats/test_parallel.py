from __future__ import annotations

import logging

import pytest

from pipeline.collect.rows import Row
from pipeline.core.errors import PipelineError
from tests.collect.reading import read, values

REGRESSION = {"type": "regression", "languages": ["en", "zh"], "range": [0, 1]}


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
