"""Label Studio's own export, whole and in its small form."""

from __future__ import annotations

import json

import pytest

from pipeline.annotation.annotations import read_folder
from pipeline.annotation.label_studio_export import readers
from pipeline.core.errors import PipelineError
from pipeline.core.settings import Task
from tests.annotation.reading import RECORDS, read
from tests.chats import reply
from tests.label.conftest import CHAT, answer, chat, record, text_id


def exported(record_id, choices, origin="manual", **more):
    result = [{"from_name": "label", "to_name": "text", "type": "choices", "origin": origin}]
    result[0]["value"] = {"choices": choices}
    text = RECORDS[record_id].fields["text"] if record_id in RECORDS else "?"
    annotation = {"completed_by": {"email": "ann@x.org"}, "result": result, "created_at": "2026-01-01T00:00:00Z"}
    return {"id": 7, "data": {"record_id": record_id, "text": text}, "annotations": [annotation | more]}


def export(project, *tasks):
    (project.annotations / "export.json").write_text(json.dumps(tasks), "utf-8")
    return read(project)


@pytest.mark.parametrize(
    ("origin", "prediction", "expected"),
    [("manual", None, None), ("prediction", 12, "accepted"), ("prediction-changed", 12, "edited")],
)
def test_export_tells_accepted_from_edited(project, origin, prediction, expected):
    reading = export(project, exported("r1", ["好"], origin, parent_prediction=prediction, lead_time=2.0))
    (only,) = reading.used
    assert (only.value, only.annotator, only.prelabel, only.lead_time) == ("好", "ann@x.org", expected, 2.0)
    assert only.place == "export.json:task 7"


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (exported("r1", ["好"], was_cancelled=True), "skipped_by_annotator"),
        (exported(None, ["好"]), "no_record_id"),
        (exported("r9", ["好"]), "unknown_record"),
        (exported("r1", ["neutral"]), "unknown_label"),
        (exported("r1", []), "empty_annotation"),
    ],
)
def test_unusable_exported_annotations_are_set_aside(project, task, reason):
    assert export(project, task).summary()["set_aside"] == {reason: 1}


def test_an_answer_on_a_text_that_the_record_no_longer_has_is_set_aside_without_its_id_too(project):
    task = exported("r1", ["好"])
    task["data"]["text"] += "。"
    assert export(project, task).summary()["set_aside"] == {"text_changed": 1}
    task["data"]["text_id"] = text_id(RECORDS["r1"])  # the id decides where there is one
    assert [one.value for one in export(project, task).used] == ["好"]


NER = Task(type="ner", labels=("PER", "LOC"), languages=("en", "zh"))
SENTENCES = {"e": "\U0001f44d Anna left Oslo.", "z": "昨天安娜离开奥斯陆。"}


@pytest.mark.parametrize(
    ("record_id", "marks", "expected"),
    [
        ("e", [(3, 7, "Anna", "PER"), (18, 22, "Oslo", "LOC")], [(2, 6), (12, 16)]),
        ("z", [(0, 2, "安娜", "PER")], [(2, 4)]),
        ("e", [], []),
        ("e", [(2, 6, "Anna", "PER"), (2, 11, "Anna left", "LOC")], "overlapping_spans"),
        ("z", [(2, 4, "奥德", "PER")], "surface_mismatch"),
    ],
)
def test_marks_of_an_export_are_held_against_what_they_say(project, record_id, marks, expected):
    regions = [
        {"type": "labels", "to_name": "text", "value": {"start": a, "end": b, "text": surface, "labels": [label]}}
        for a, b, surface, label in marks
    ]
    task = exported(record_id, [])
    task["annotations"][0]["result"], task["data"]["text"] = regions, SENTENCES[record_id]
    records = {name: record(name, None, text=text) for name, text in SENTENCES.items()}
    (project.annotations / "export.json").write_text(json.dumps([task]), "utf-8")
    reading = read(project, NER, records)
    found = (
        [(s["start"], s["end"]) for s in reading.used[0].value]
        if reading.used
        else next(iter(reading.summary()["set_aside"]))
    )
    assert found == expected


def test_an_export_of_a_hundred_megabytes_is_read_whole(project):
    strangers = [exported(f"stranger {n}", ["好"]) for n in range(100)]
    for task in strangers:
        task["data"]["text"] = "长文本 long text " * 60_000
    reading = export(project, *strangers, exported("r1", ["好"]))
    assert (project.annotations / "export.json").stat().st_size > 100_000_000
    assert [one.value for one in reading.used] == ["好"]
    assert reading.summary()["set_aside"] == {"unknown_record": 100}


def test_chat_export_gives_the_reply(project):
    result = [{"from_name": "reply", "to_name": "messages", "type": "textarea", "value": {"text": ["我很好。"]}}]
    annotation = {"completed_by": 3, "result": result, "created_at": "2026-01-01T00:00:00Z"}
    tasks = [{"id": 1, "data": {"record_id": "c1"}, "annotations": [annotation]}]
    (project.annotations / "chat.json").write_text(json.dumps(tasks), "utf-8")
    (only,) = read(project, CHAT, {"c1": chat("c1")}).used
    assert (only.value, only.annotator) == (reply("我很好。"), "user 3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"id": 1, "text": "a", "label": "好"}]', "not a Label Studio JSON export"),
        ("{", "not readable as JSON"),
        ('[{"id": 1, "annotations": [{"result": []}], "data": {"record_id": "r1"}}]', "task 1: not in Label Studio"),
    ],
)
def test_wrong_export_names_the_file(project, text, message):
    (project.annotations / "export.json").write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=rf"export\.json.*{message}"):
        read(project)


MINIMAL = {
    "annotator": 3,
    "annotation_id": 9,
    "created_at": "2026-01-01T00:00:00.5Z",
    "lead_time": 2.0,
    "record_id": "r1",
}


@pytest.mark.parametrize("label", ["好", {"choices": ["好"]}])
def test_json_min_is_read(project, label):
    empty = dict.fromkeys(MINIMAL) | {"record_id": "r2"}
    (only,) = export(project, MINIMAL | {"id": 5, "text": "很好", "label": label}, empty).used
    assert (only.record_id, only.annotator, only.value, only.place) == ("r1", "user 3", "好", "export.json:task 5")


@pytest.mark.parametrize(
    ("task", "shown", "value"),
    [
        (
            Task(type="ner", labels=("PER",)),
            {"label": [{"start": 0, "end": 2, "text": "小王", "labels": ["PER"]}]},
            [{"start": 0, "end": 2, "label": "PER"}],
        ),
        (Task(type="regression"), {"score": 2}, 2.0),
        (Task(type="translation", target_language="zh"), {"target": "你好"}, "你好"),
        (CHAT, {"reply": ["我很好。"]}, "我很好。"),
        (
            Task(type="qa"),
            {"label": [{"start": 1, "end": 3, "text": "bc", "labels": ["answer"]}]},
            [{"start": 1, "text": "bc"}],
        ),
        (Task(type="qa"), {"unanswerable": "unanswerable"}, []),
    ],
)
def test_json_min_of_every_task_type(project, task, shown, value):
    (project.annotations / "min.json").write_text(json.dumps([MINIMAL | shown]), "utf-8")
    (only,) = read_folder(project.annotations, readers(task))
    assert only.value == value


def test_an_answer_that_was_pulled_and_exported_counts_once(project):
    pulled = answer("r1", "好", "ann@x.org", "2026-01-01T00:00:00.123456Z", studio="ab/1/2")
    project.annotate(pulled)
    same = exported("r1", ["好"], completed_by=2, created_at="2026-01-01T00:00:00.123456Z")
    reading = export(project, same)
    assert [a.annotator for a in reading.used] == ["ann@x.org"]
    assert reading.summary()["superseded"] == 1


def test_an_edited_prelabel_is_told_by_what_it_said(project):
    shown = {"id": 1, "result": [{"type": "choices", "value": {"choices": ["negative"]}}]}
    reading = export(project, exported("r1", ["好"], "prediction", parent_prediction=1, prediction=shown))
    assert reading.used[0].prelabel == "edited"
