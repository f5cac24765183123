"""Lines of answers: good ones, bad ones, and which of them counts."""

from __future__ import annotations

import json

import pytest

from pipeline.annotation.annotations import parse_time
from pipeline.core.errors import PipelineError
from tests.annotation.reading import RECORDS, read
from tests.label.conftest import answer, text_id


def test_values_in_english_and_chinese_are_read(project):
    project.annotate(
        answer("r1", "positive", lead_time=3.5, prelabel="edited", text_id=text_id(RECORDS["r1"])),
        "",
        answer("r2", "好", annotator="小王"),
    )
    reading = read(project)
    assert [(a.record_id, a.annotator, a.value, a.place) for a in reading.used] == [
        ("r1", "ann", "positive", "batch.jsonl:1"),
        ("r2", "小王", "好", "batch.jsonl:3"),
    ]
    summary = reading.summary()
    assert summary["prelabel"] == {"edited": 1, "from_scratch": 1}
    assert summary["seconds_per_task"] == 3.5


def test_the_empty_batch_and_readme_are_no_annotations(project):
    project.annotate(name="annotations.jsonl")
    (project.annotations / "README.md").write_text("# format", "utf-8")
    (project.annotations / ".gitignore").write_text("*.tmp", "utf-8")
    assert read(project).summary()["read"] == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", r"batch\.jsonl:2: Expecting property name"),
        ("<<<<<<< HEAD", r"batch\.jsonl:2: Expecting value.*<<<<<<< HEAD"),
        ("[1, 2]", r"batch\.jsonl:2: line: "),
        ('{"record_id": "r1", "annotator": "ann", "value": "好"}', r"batch\.jsonl:2: created_at: Field required"),
        (json.dumps(answer("r1", "好", created_at="yesterday")), r"batch\.jsonl:2: created_at 'yesterday' is no ISO"),
        (json.dumps(answer("r1", "好", prelabel="yes")), r"batch\.jsonl:2: prelabel: .*'accepted' or 'edited'"),
        (json.dumps(answer("r1", "好", lead_time="fast")), r"batch\.jsonl:2: lead_time: "),
        (json.dumps(answer("r1", "好", labl="x")), r"batch\.jsonl:2: labl: Extra inputs"),
        (json.dumps(answer("r1", "好", more="x")), r"batch\.jsonl:2: more: "),
    ],
)
def test_an_unreadable_line_stops_with_file_and_line(project, line, message):
    project.annotate(answer("r2", "positive"), line)
    with pytest.raises(PipelineError, match=message) as error:
        read(project)
    assert "docs/labelling.md" in error.value.hint


def test_many_unreadable_lines_are_counted(project):
    project.annotate(*["oops"] * 10)
    with pytest.raises(PipelineError, match="and 7 more in this file"):
        read(project)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (answer("r9", "好"), "unknown_record"),
        (answer("r1", "neutral"), "unknown_label"),
        (answer("r1", 3), "unknown_label"),
        (answer("r1", ["好", "positive"]), "not_one_label"),
        (answer("r1", None), "empty_annotation"),
        (answer("r1", " "), "empty_annotation"),
        (answer("r1", "好", text_id="0" * 20), "text_changed"),
    ],
)
def test_an_unusable_answer_is_set_aside_with_its_place(project, line, reason):
    project.annotate(answer("r2", "positive"), line)
    before = (project.annotations / "batch.jsonl").read_bytes()
    reading = read(project)
    summary = reading.summary()
    assert (summary["read"], summary["used"], summary["set_aside"]) == (2, 1, {reason: 1})
    assert summary["set_aside_examples"][0].startswith(f"batch.jsonl:2: {reason}: ")
    assert (project.annotations / "batch.jsonl").read_bytes() == before


def test_changed_texts_are_queued_until_someone_answers_the_present_text(project):
    project.annotate(answer("r1", "好", text_id="old"), answer("r3", "好", text_id="old"), answer("r3", "好", "bob"))
    assert read(project).changed_texts() == {"r1"}


def test_latest_answer_of_a_person_counts_in_any_file_order_and_zone(project):
    project.annotate(answer("r1", "好", created_at="2026-01-01T10:00:00+08:00"), name="b.jsonl")
    project.annotate(answer("r1", "negative", created_at="2026-01-01T03:00:00Z"), name="a.jsonl")
    reading = read(project)
    assert [a.value for a in reading.used] == ["negative"]
    assert reading.summary() | {"read": 2, "superseded": 1} == reading.summary()


def test_times_without_zone_are_utc():
    assert parse_time("2026-01-01T00:00:00") == parse_time("2026-01-01T01:00:00+01:00")


def test_missing_folder_and_foreign_file_have_a_remedy(project):
    (project.annotations / "votes.csv").write_text("a,b", "utf-8")
    with pytest.raises(PipelineError, match=r"votes\.csv: neither annotations nor a README") as error:
        read(project)
    assert ".json, .jsonl" in error.value.hint
    (project.annotations / "votes.csv").unlink()
    project.annotations.rmdir()
    with pytest.raises(PipelineError, match="no such folder"):
        read(project)


def test_file_that_is_not_utf8_is_named(project):
    (project.annotations / "gbk.jsonl").write_bytes("好".encode("gbk"))
    with pytest.raises(PipelineError, match=r"gbk\.jsonl: not UTF-8 at byte 0"):
        read(project)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("skipped", "skipped_by_annotator"),
        ("deleted", "deleted_in_label_studio"),
        ("unreadable", "unreadable_in_label_studio"),
    ],
)
def test_lines_with_a_state_are_kept_and_not_used(project, state, reason):
    project.annotate(answer("r1", None, state=state, studio="ab/1/2", detail="why", result=[{}]))
    assert read(project).summary()["set_aside"] == {reason: 1}
