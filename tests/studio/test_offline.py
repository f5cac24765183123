"""The parts of the loop that need no server: order, tasks, pulled lines, settings, starting and stopping."""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.acquisition import DECAY, most_useful_first
from pipeline.annotation.annotations import Annotation, parse_time
from pipeline.annotation.labeling_config import project_config
from pipeline.core.errors import PipelineError
from pipeline.core.record import share
from pipeline.core.settings import Task
from pipeline.runtime.shards import write_shards
from pipeline.runtime.store import schema, to_table, write_table
from pipeline.studio import server
from pipeline.studio.answer_file import Pulled, file_name, read_answers, to_line
from pipeline.studio.client import Client
from pipeline.studio.params import load_studio
from pipeline.studio.project import Project, title
from pipeline.studio.push import Present, _choose, _with_suggestion
from pipeline.studio.standing import standing
from pipeline.studio.tasks import Question, checked, drawn, gold_questions, mixed, model_version, to_task
from pipeline.studio.waiting import named_by, waiting
from pipeline.tasks import TASKS, task_type
from pipeline.text.pseudonyms import pseudonym
from tests.strategies import TASKS_BY_TYPE
from tests.studio.conftest import TASK, record, records


def test_usefulness_comes_first_and_then_other_clusters():
    near, far = np.eye(2)[[0] * 40], np.eye(2)[[1] * 10]
    ids = [f"{n:02}" for n in range(50)]
    priorities = [0.9] * 40 + [0.8] * 10
    order = most_useful_first(ids, priorities, np.concatenate([near, far]))
    assert sorted(order) == list(range(50))
    assert order[0] == 0
    assert any(n >= 40 for n in order[:4])  # .9 x .9 x .9 is less than .8
    assert DECAY == 0.9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_order_given(priorities, random):
    ids = [f"{n:03}" for n in range(len(priorities))]
    rows = np.random.default_rng(0).normal(size=(len(ids), 4))
    order = [ids[n] for n in most_useful_first(ids, priorities, rows)]
    mixed_up = list(range(len(ids)))
    random.shuffle(mixed_up)
    again = most_useful_first([ids[n] for n in mixed_up], [priorities[n] for n in mixed_up], rows[mixed_up])
    assert [ids[mixed_up[n]] for n in again] == order


def interface(task=TASK):
    from label_studio_sdk.label_interface import LabelInterface

    return LabelInterface(project_config(task, "zh"))


@pytest.mark.parametrize("value", ["unknown", 3, ["billing", "delivery"]])
def test_a_prelabel_that_does_not_fit_is_left_out_and_told(value):
    question, problem = checked(Question(record("r", "发票"), "t", value, 0.7), TASK, interface())
    assert question.value is None
    assert "predictions" not in to_task(question, TASK, "v")
    assert problem


def test_spans_outside_the_text_are_no_prelabel():
    task = Task(type="ner", labels=("PER",))
    inside, outside = {"start": 0, "end": 2, "label": "PER"}, {"start": 0, "end": 9, "label": "PER"}
    assert checked(Question(record("r", "小王来了"), "t", [inside], 0.9), task, interface(task))[1] is None
    assert (
        "offset_out_of_range"
        in checked(Question(record("r", "小王来了"), "t", [outside], 0.9), task, interface(task))[1]
    )


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_type_asks_in_two_languages(name):
    task = TASKS_BY_TYPE[name]
    configs = [project_config(task, language) for language in ("en", "zh")]
    assert configs[0] != configs[1]
    assert interface(task) is not None
    assert set(task_type(task).ASK) == {"en", "zh"}


def test_gold_questions_are_known_hidden_and_partly_misleading(tmp_path):
    from pipeline.runtime.store import schema, to_table

    write_shards(to_table(records(), schema(TASK)), tmp_path / "records.parquet")
    gold = gold_questions(tmp_path, TASK, 12, {"test060"}, suggest=True)
    assert len(gold) == 12
    assert all(q.record.source.trusted and q.record.id != "test060" for q in gold)
    assert 0 < sum(json.dumps(q.value, ensure_ascii=False) != q.gold for q in gold) < 12
    assert set(to_task(gold[0], TASK, "v")["data"]) == {"text", "record_id", "text_id", "progress"}
    assert not gold_questions(tmp_path, TASK, 0, set(), suggest=True)
    open_ones = [Question(r, "t") for r in records() if r.target is None]
    places = [n for n, q in enumerate(mixed(open_ones, gold)) if q.gold]
    assert len(places) == 12
    assert max(np.diff(places)) <= 6
    assert model_version(gold) == model_version(gold[::-1]) != model_version(gold[1:])


def test_a_record_of_the_audit_is_asked_without_suggestion_in_the_order_of_drawing(project, tmp_path):
    questions = [Question(record(f"r{n}", f"text {n}"), "t", audit=True) for n in range(8)]
    made = to_task(questions[0], TASK, "v")
    assert made["data"] | {"asked": "audit", "blind": True} == made["data"]
    assert "predictions" not in made
    names = [q.record.id for q in _choose(project, Present(), questions, {}, tmp_path)]
    assert names == sorted((q.record.id for q in questions), key=lambda name: share("label.audit", name))
    begun = {q.key: {"id": n, "untouched": n != 1, "audit": n == 2, "open": True} for n, q in enumerate(questions)}
    assert _with_suggestion(Present(begun), questions) == {0, 3, 4, 5, 6, 7}  # one was begun, one is the audit's own


def test_a_lot_by_record_hides_a_share_of_the_prelabels_and_the_lot_stays():
    questions = [Question(record(f"r{n}", f"text {n}"), "t", "billing" if n % 2 else None, 0.9) for n in range(400)]
    asked = drawn(questions, 0.1)
    hidden = [q.record.id for q in asked if q.hidden]
    assert 10 < len(hidden) < 32
    later = [q.record.id for q in drawn(questions[100:], 0.1) if q.hidden]
    assert later == hidden[-len(later) :]  # whatever else is asked
    assert not any(q.hidden for q in drawn(questions, 0.0))
    one = next(q for q in asked if q.hidden)
    made = to_task(one, TASK, "v")
    assert made["data"]["blind"] is True
    assert "predictions" not in made
    assert checked(one, TASK, interface()) == (one, None)
    unsound, problem = checked(replace(one, value="unknown"), TASK, interface())
    assert problem
    assert not unsound.hidden  # neither shown nor hidden: it takes no part in the comparison


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


def test_later_answers_replace_and_local_edits_stay():
    old = {
        "record_id": "r",
        "annotator": "安娜",
        "studio": "ab/1/2",
        "value": "x",
        "created_at": "2026-01-01T00:00:00Z",
    }
    pulled = Pulled({"ab/1/2": old})
    pulled.take(dict(old))
    assert not pulled.counts
    pulled.take(old | {"value": "y"})
    assert pulled.lines["ab/1/2"]["value"] == "x"
    assert len(pulled.conflicts) == 1
    pulled.take(old | {"value": "y", "created_at": "2099-01-01T00:00:00+08:00"})  # a clock ahead of ours is no matter
    assert pulled.lines["ab/1/2"]["value"] == "y"
    bob = old | {"annotator": "بوب", "value": "z", "created_at": "2099-01-02T00:00:00Z", "overwrote": "安娜"}
    pulled.take(bob)  # put over the other's answer, which stays as history
    assert pulled.lines["ab/1/2"] == bob
    (was,) = pulled.others
    assert (was["annotator"], was["value"], was["state"]) == ("安娜", "y", "overwritten")


def test_the_instructions_tell_how_far_people_are_and_gold_answers_only_where_allowed(project):
    when = parse_time("2026-01-01T00:00:00Z")
    used = [Annotation(f"r{n}", who, "billing", when, "p") for n, who in enumerate(("小王", "小王", "<b>", "小王"))]
    gold = {"r0": '"billing"', "r1": '"delivery"'}
    table = standing(project, used, gold, 60)
    assert "<td>小王</td><td>3 / 60</td></tr><tr><td>&lt;b&gt;</td><td>1 / 60</td>" in table
    allowed = replace(project, settings=project.settings.model_copy(update={"show_gold_results": True}))
    assert "<td>小王</td><td>3 / 60</td><td>1 / 2</td>" in standing(allowed, used, gold, 60)
    assert standing(project, [], gold, 60) == ""


@pytest.mark.parametrize(("given_", "expected"), [("Mail topics!", "mail-topics"), ("邮件 主题", "邮件-主题")])
def test_file_names_follow_titles(given_, expected):
    assert file_name(given_) == f"label-studio-{expected}.jsonl"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("studio: {overlap: 0}", "studio.overlap"),
        ("studio: {tokn: 1}", "studio.tokn is not a known setting"),
        ("studio: {title: ab}", "studio.title"),
    ],
)
def test_bad_settings_are_named(tmp_path, text, message):
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    with pytest.raises(PipelineError, match=message):
        load_studio(tmp_path / "params.yaml")


def test_title_falls_back_to_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("{}\n", "utf-8")
    assert title(load_studio()) == f"{tmp_path.name} labels"[:50]


def program(tmp_path, code):
    """A stand-in for label-studio, for what the real one does too rarely."""
    file = tmp_path / "label-studio"
    file.write_text(f"#!{sys.executable}\n{code}\n", "utf-8")
    file.chmod(0o755)
    return str(file)


def test_a_server_that_dies_is_reported_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_LABEL_STUDIO", program(tmp_path, "import sys; sys.exit('database is locked')"))
    with pytest.raises(PipelineError, match="stopped at once: database is locked"):
        server.start(18900, tmp_path / "home")
    assert server.address(tmp_path / "home") is None


def test_a_taken_port_is_said_and_the_next_one_used(tmp_path, monkeypatch):
    code = (
        "import http.server, sys\n"
        "class Up(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "    def log_message(self, *args): pass\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[sys.argv.index('--port') + 1])), Up).serve_forever()"
    )
    monkeypatch.setenv("SFT_LABEL_STUDIO", program(tmp_path, code))
    home = tmp_path / "home"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        url, said = server.start(port, home)
        assert f"port {port} is taken" in "\n".join(said)
        assert server.start(port, home) == (url, [f"Label Studio runs already at {url}"])
    assert server.address(home) == url
    assert "its data stay" in server.stop(home)
    assert server.stop(home) == "no Label Studio of this project is running"


def test_another_process_with_the_old_number_is_left_alone(tmp_path):
    server.make_home(tmp_path)
    server.write_state(tmp_path / "server.json", {"pid": os.getpid(), "url": "http://127.0.0.1:1"})
    assert server.address(tmp_path) is None
    assert "no Label Studio" in server.stop(tmp_path)


def test_a_named_program_must_exist(monkeypatch):
    monkeypatch.setenv("SFT_LABEL_STUDIO", "/nowhere/label-studio")
    with pytest.raises(PipelineError, match="SFT_LABEL_STUDIO: /nowhere/label-studio: no such file"):
        server.installed()


QUEUE = ("record_id", "reason", "priority", "prelabel", "confidence")


def queue_file(path, rows):
    write_table(pa.Table.from_pylist([dict(zip(QUEUE, row, strict=True)) for row in rows]), path)


def test_the_models_worst_errors_wait_beside_the_queue(tmp_path):
    queue_file(
        tmp_path / "label/queue.parquet", [("a", "unlabelled", 0.8, '"x"', 0.4), ("b", "label_error", 0.5, None, None)]
    )
    known = dict.fromkeys("abcd", "text id")
    assert [row["record_id"] for row in waiting(tmp_path, known, set(), 0.7)[0]] == ["a", "b"]  # nothing judged yet
    errors = [
        ("b", "worst_error", 1.0, '"y"', 0.9),
        ("c", "model_disagrees", 0.9, '"z"', 0.9),
        ("d", "worst_error", 0.5, '"x"', 0.9),
    ]
    queue_file(tmp_path / "evaluate/queue.parquet", [*errors, ("gone", "worst_error", 0.4, '"x"', 0.9)])
    rows, gone = waiting(tmp_path, known, {"d"}, 0.7)
    assert [(row["record_id"], row["reason"], round(row["priority"], 3)) for row in rows] == [
        ("b", "label_error", 0.85),
        ("a", "unlabelled", 0.8),
        ("c", "model_disagrees", 0.63),
    ]
    assert gone == 1
    assert [row["record_id"] for row in waiting(tmp_path, known, set(), 0.0)[0]] == ["a", "b"]


def test_a_queue_of_other_records_is_out_of_step(tmp_path):
    queue_file(tmp_path / "label/queue.parquet", [("a", "unlabelled", 0.8, None, None)])
    with pytest.raises(PipelineError, match=r"record 'a' is not in .*records\.parquet") as error:
        waiting(tmp_path, {"b": "t"}, set(), 0.7)
    assert "dvc repro label" in error.value.hint


def test_answers_name_their_records_by_id_or_by_the_sources_own_key(tmp_path):
    keys = {"a": None, "b": "K-1", "c": "K-1", "d": pseudonym("ann@example.org", "key"), "e": "K-2"}
    rows = [record(name, f"一封信 {name}", "billing") for name in keys]
    rows = [replace(row, source=replace(row.source, key=keys[row.id])) for row in rows]
    write_shards(to_table(rows, schema(TASK)), tmp_path / "records.parquet")
    found = named_by({"a", "K-1", "ann@example.org"}, tmp_path / "records.parquet")
    assert found == {row.id: row for row in rows if row.id != "e"}
    assert named_by({"a"}, tmp_path / "none.parquet") == {}


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
