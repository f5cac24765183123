"""The parts of the loop that need no server: order, tasks, pulled lines, settings, starting and stopping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipeline.annotation.annotations import Annotation, parse_time
from pipeline.core.errors import PipelineError
from pipeline.core.record import share
from pipeline.runtime.columns import schema
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import to_table, write_table
from pipeline.studio.annotation_queue import annotation_queue, named_by
from pipeline.studio.annotator_progress import progress_table
from pipeline.studio.answer_file import to_line
from pipeline.studio.client import Client
from pipeline.studio.existing_tasks import ExistingTasks
from pipeline.studio.params import load_studio
from pipeline.studio.project import Project
from pipeline.studio.push import _choose, _with_suggestion
from pipeline.studio.tasks import Question, to_task
from pipeline.text.pseudonyms import pseudonym
from tests.studio.conftest import TASK, record


def test_a_record_of_the_audit_is_asked_without_suggestion_in_the_order_of_drawing(project, tmp_path):
    questions = [Question(record(f"r{n}", f"text {n}"), "t", audit=True) for n in range(8)]
    made = to_task(questions[0], TASK, "v")
    assert made["data"] | {"asked": "audit", "blind": True} == made["data"]
    assert "predictions" not in made
    names = [q.record.id for q in _choose(project, ExistingTasks(), questions, {}, tmp_path)]
    assert names == sorted((q.record.id for q in questions), key=lambda name: share("label.audit", name))
    begun: Any = {q.key: {"id": n, "untouched": n != 1, "audit": n == 2, "open": True} for n, q in enumerate(questions)}
    assert _with_suggestion(ExistingTasks(begun), questions) == {
        0,
        3,
        4,
        5,
        6,
        7,
    }  # one was begun, one is the audit's own


def annotation(**more):
    result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["billing"]}}]
    return {"id": 2, "completed_by": 7, "result": result, "created_at": "2026-01-01T00:00:00.5Z"} | more


@pytest.fixture
def project(tmp_path):
    (tmp_path / "params.yaml").write_text("task: {type: classification}\nstudio: {gold_share: 0.0}", "utf-8")
    return Project(Client("http://localhost", "t"), 1, "t", "ab", "", TASK, load_studio(tmp_path / "params.yaml"))


@pytest.mark.parametrize(
    ("given_", "state"),
    [
        (annotation(), None),
        (annotation(was_cancelled=True), "skipped"),
        (annotation(result=[]), "unreadable"),
        (annotation(result=[{"type": "choices"}]), "unreadable"),
        (annotation(result=[{"type": "choices", "value": {"choices": ["spam"]}}]), "unreadable"),
    ],
)
def test_every_annotation_becomes_a_line(project, given_, state):
    line = to_line(given_, {"id": 1, "data": {"record_id": "r", "text_id": "x"}}, project, {})
    assert line.get("state") == state
    assert (line["record_id"], line["annotator"], line["studio"]) == ("r", "user 7", "ab/1/2")
    assert state != "unreadable" or line["result"] == given_["result"]


def test_a_task_without_record_id_is_kept_too(project):
    line = to_line(annotation(), {"id": 1, "data": {}}, project, {7: "ann@x.org"})
    assert (line["record_id"], line["annotator"], line["state"]) == ("task 1", "ann@x.org", "unreadable")


def test_the_instructions_tell_how_far_people_are_and_gold_answers_only_where_allowed(project):
    when = parse_time("2026-01-01T00:00:00Z")
    used = [Annotation(f"r{n}", who, "billing", when, "p") for n, who in enumerate(("小王", "小王", "<b>", "小王"))]
    gold = {"r0": '"billing"', "r1": '"delivery"'}
    table = progress_table(project, used, gold, 60)
    assert "<td>小王</td><td>3 / 60</td></tr><tr><td>&lt;b&gt;</td><td>1 / 60</td>" in table
    allowed = replace(project, settings=project.settings.model_copy(update={"show_gold_results": True}))
    assert "<td>小王</td><td>3 / 60</td><td>1 / 2</td>" in progress_table(allowed, used, gold, 60)
    assert progress_table(project, [], gold, 60) == ""


QUEUE = ("record_id", "reason", "priority", "prelabel", "confidence")


def queue_file(path, rows):
    write_table(pa.Table.from_pylist([dict(zip(QUEUE, row, strict=True)) for row in rows]), path)


def test_the_models_worst_errors_wait_beside_the_queue(tmp_path):
    queue_file(
        tmp_path / "label/queue.parquet", [("a", "unlabelled", 0.8, '"x"', 0.4), ("b", "label_error", 0.5, None, None)]
    )
    known = dict.fromkeys("abcd", "text id")
    assert [row["record_id"] for row in annotation_queue(tmp_path, known, set(), 0.7)[0]] == [
        "a",
        "b",
    ]  # nothing judged yet
    errors = [
        ("b", "worst_error", 1.0, '"y"', 0.9),
        ("c", "model_disagrees", 0.9, '"z"', 0.9),
        ("d", "worst_error", 0.5, '"x"', 0.9),
    ]
    queue_file(tmp_path / "evaluate/queue.parquet", [*errors, ("gone", "worst_error", 0.4, '"x"', 0.9)])
    rows, gone = annotation_queue(tmp_path, known, {"d"}, 0.7)
    assert [(row["record_id"], row["reason"], round(row["priority"], 3)) for row in rows] == [
        ("b", "label_error", 0.85),
        ("a", "unlabelled", 0.8),
        ("c", "model_disagrees", 0.63),
    ]
    assert gone == 1
    assert [row["record_id"] for row in annotation_queue(tmp_path, known, set(), 0.0)[0]] == ["a", "b"]


def test_a_queue_of_other_records_is_out_of_step(tmp_path):
    queue_file(tmp_path / "label/queue.parquet", [("a", "unlabelled", 0.8, None, None)])
    with pytest.raises(PipelineError, match=r"record 'a' is not in .*records\.parquet") as error:
        annotation_queue(tmp_path, {"b": "t"}, set(), 0.7)
    assert "dvc repro label" in error.value.hint


def test_answers_name_their_records_by_id_or_by_the_sources_own_key(tmp_path):
    keys = {"a": None, "b": "K-1", "c": "K-1", "d": pseudonym("ann@example.org", "key"), "e": "K-2"}
    rows = [record(name, f"一封信 {name}", "billing") for name in keys]
    rows = [replace(row, source=replace(row.source, key=keys[row.id])) for row in rows]
    write_shards(to_table(rows, schema(TASK)), tmp_path / "records.parquet")
    found = named_by({"a", "K-1", "ann@example.org"}, tmp_path / "records.parquet")
    assert found == {row.id: row for row in rows if row.id != "e"}
    assert named_by({"a"}, tmp_path / "none.parquet") == {}
