"""The file of pulled answers: nothing lost, in order, edits kept."""

from __future__ import annotations

import json

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from pipeline.studio.answer_file import Line, Pulled, file_name, read_answers, read_file, tidy, write_file


def test_later_answers_replace_and_local_edits_stay():
    old: Line = {
        "record_id": "r",
        "annotator": "安娜",
        "studio": "ab/1/2",
        "value": "x",
        "created_at": "2026-01-01T00:00:00Z",
    }
    pulled = Pulled({"ab/1/2": old})
    pulled.take(old.copy())
    assert not pulled.counts
    pulled.take(old | {"value": "y"})
    assert pulled.lines["ab/1/2"]["value"] == "x"
    assert len(pulled.conflicts) == 1
    pulled.take(old | {"value": "y", "created_at": "2099-01-01T00:00:00+08:00"})  # a clock ahead of ours is no matter
    assert pulled.lines["ab/1/2"]["value"] == "y"
    bob: Line = old | {"annotator": "بوب", "value": "z", "created_at": "2099-01-02T00:00:00Z", "overwrote": "安娜"}
    pulled.take(bob)  # put over the other's answer, which stays as history
    assert pulled.lines["ab/1/2"] == bob
    (was,) = pulled.others
    assert (was["annotator"], was["value"], was["state"]) == ("安娜", "y", "overwritten")


@pytest.mark.parametrize(("given_", "expected"), [("Mail topics!", "mail-topics"), ("邮件 主题", "邮件-主题")])
def test_file_names_follow_titles(given_, expected):
    assert file_name(given_) == f"label-studio-{expected}.jsonl"


@pytest.mark.parametrize(("utf16", "surface"), [(True, "Bath"), (False, "ath ")])
def test_answers_are_read_as_the_stage_label_reads_them(tmp_path, monkeypatch, utf16, surface):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(f"label: {{utf16_offsets: {str(utf16).lower()}}}", "utf-8")
    text = "😀 Bath 很好"
    region = {"from_name": "label", "to_name": "text", "type": "labels"}
    mark = {**region, "value": {"start": 3, "end": 7, "labels": ["place"]}}
    answer = {"completed_by": 1, "result": [mark], "created_at": "2026-01-31T12:00:00Z"}
    exported = [{"id": 1, "data": {"record_id": "r", "text": text}, "annotations": [answer]}]
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/export.json").write_text(json.dumps(exported), "utf-8")
    (one,) = read_answers(tmp_path / "annotations", Task(type="ner", labels=("place",)))
    (span,) = one.value
    assert text[span["start"] : span["end"]] == surface


LINE: Line = {
    "record_id": "r1", "annotator": "安娜", "value": "好", "created_at": "2026-01-01T00:00:00Z", "studio": "ab/1/2",
}  # fmt: skip


def test_a_line_has_its_keys_in_order_and_no_empty_ones():
    mixed: Line = {
        "studio": "ab/1/2",
        "unsure": False,
        "value": None,
        "comment": None,
        "lead_time": 0.0,
        "state": "skipped",
    }
    line = tidy({**mixed, "created_at": "t", "annotator": "bob", "record_id": "r"})
    assert list(line) == ["record_id", "annotator", "value", "created_at", "lead_time", "studio", "state"]
    assert line["value"] is None


def test_what_was_written_is_read_again_sorted_and_whole(tmp_path):
    file = tmp_path / "label-studio-x.jsonl"
    other: Line = {**LINE, "studio": "ab/1/2/2025-01-01T00:00:00Z", "state": "overwritten"}
    mine: Line = {"record_id": "a0", "annotator": "me", "value": "bad", "created_at": "2026-01-02T00:00:00Z"}
    write_file(file, Pulled({"ab/1/2": LINE}, [other, mine]))
    assert [json.loads(line)["record_id"] for line in file.read_text("utf-8").splitlines()] == ["a0", "r1", "r1"]
    assert "安娜" in file.read_text("utf-8")
    read = read_file(file)
    assert read.lines == {"ab/1/2": LINE}
    assert sorted(line["annotator"] for line in read.others) == ["me", "安娜"]
    before = file.stat().st_mtime_ns
    write_file(file, read)
    assert file.stat().st_mtime_ns == before  # nothing changed, nothing written


def test_no_file_holds_nothing_and_nothing_makes_no_file(tmp_path):
    file = tmp_path / "none.jsonl"
    assert read_file(file).lines == {}
    write_file(file, Pulled())
    assert not file.exists()
    with pytest.raises(PipelineError, match="no such folder"):
        read_file(tmp_path / "gone" / "x.jsonl")


@pytest.mark.parametrize("text", ["{broken", "<<<<<<< HEAD", '{"record_id": "r"}'])
def test_a_file_that_cannot_be_read_stops_with_its_line(tmp_path, text):
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps(LINE) + "\n" + text + "\n", "utf-8")
    with pytest.raises(PipelineError, match=r"x\.jsonl:2"):
        read_file(file)


def test_an_answer_that_can_be_read_by_now_is():
    result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["新"]}}]
    pulled = Pulled({"ab/1/2": {**LINE, "value": None, "state": "unreadable", "detail": "新?", "result": result}})
    pulled.read_again(Task(type="classification", labels=("好", "bad")))
    assert pulled.lines["ab/1/2"]["state"] == "unreadable"
    pulled.read_again(Task(type="classification", labels=("好", "新")))
    read = pulled.lines["ab/1/2"]
    assert (read["value"], read["annotator"]) == ("新", "安娜")
    assert not {"state", "detail", "result"} & read.keys()
    assert pulled.counts["changed"] == 1
