"""No answer is lost or changed between the annotator's screen and the training data: against a real server."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from pipeline.annotation.push_ledger import read_pushed
from pipeline.commands.label_backend import connect_backend
from pipeline.runtime.ports import free_port
from pipeline.studio import server
from pipeline.studio.pull import pull
from pipeline.studio.push import push
from pipeline.studio.status import status
from pipeline.studio.up import up
from pipeline.text.pseudonyms import pseudonym
from tests.studio.conftest import Person, prepared, records, tasks_of, truth

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(studio_home):
    url, token = server.address(studio_home), server.own_secrets(studio_home)["token"]
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {token}"}).json()["invite_url"]
    return [Person(url, invite, name) for name in ("ann.answers", "bob.answers")]


def region(name, kind, **value):
    return {"from_name": name, "to_name": "text", "type": kind, "value": value}


def submit(person, task, *result):
    body = {"result": list(result), "lead_time": 2.0}
    return person.http.post(f"/api/tasks/{task['id']}/annotations/", json=body).raise_for_status().json()


def offered(person, project):
    """The tasks that Label Studio still has for the person."""
    found = person.http.get(f"/api/projects/{project.id}/next")
    return None if found.status_code == 404 else found.json()["id"]


def test_an_empty_answer_is_told_listed_by_person_and_its_task_comes_back_to_them(folder, people):
    project = prepared(folder, gold_share=0.0)
    ann = people[0]
    first, *others = tasks_of(project)
    submit(ann, first)
    for task in others:
        ann.answer(task, truth(task["data"]["record_id"]))
    assert offered(ann, project) is None
    said = "\n".join(pull(folder.annotations))
    assert f"1 answers cannot be used ({ann.email} 1)" in said
    assert f"{ann.email}, record {first['data']['record_id']}: empty_annotation" in said
    notes = folder.label()
    assert notes["annotations"]["set_aside_by_annotator"] == {
        pseudonym(ann.email, "annotator"): {"unreadable_in_label_studio": 1}
    }
    said = "\n".join(push(folder.data))
    assert f"gave 1 answers back that cannot be used ({ann.email} 1)" in said
    assert "nothing new to send: 1 tasks wait for people" in said
    assert offered(ann, project) == first["id"]

    ann.answer(first, truth(first["data"]["record_id"]))
    list(pull(folder.annotations))
    assert Counter(line.get("state") for line in folder.lines()) == {None: 24, "unreadable": 1}  # nothing is lost
    folder.label()
    assert "nothing to send: nothing waits" in "\n".join(push(folder.data))


def test_remarks_and_doubts_stand_beside_the_answer_and_other_controls_are_kept(folder, people):
    project = prepared(folder, gold_share=0.0)
    more = '<TextArea name="comment" toName="text"/>'
    more += '<Choices name="unsure" toName="text"><Choice value="unsure"/></Choices>'
    more += '<Choices name="tone" toName="text"><Choice value="rude"/></Choices>'
    config = project.config.replace("</View>", f"{more}</View>")
    project.client.patch(f"/api/projects/{project.id}/", {"label_config": config})
    task = tasks_of(project)[0]
    remark = region("comment", "textarea", text=["客户很生气", "يرجى التحقق"])
    doubt, tone = region("unsure", "choices", choices=["unsure"]), region("tone", "choices", choices=["rude"])
    submit(people[0], task, region("label", "choices", choices=["billing"]), remark, doubt, tone)
    list(pull(folder.annotations))
    (line,) = folder.lines()
    assert (line["value"], line["comment"], line["unsure"]) == ("billing", "客户很生气\nيرجى التحقق", True)
    assert [part["value"] for part in line["more"]] == [{"choices": ["rude"]}]
    notes = folder.label()["annotations"]
    assert (notes["used"], notes["unsure"]) == (1, 1)
    assert notes["comments"][0]["comment"].startswith("客户")


def test_an_answer_put_over_anothers_is_the_latters_and_the_first_stays_as_history(folder, people):
    project = prepared(folder, gold_share=0.0)
    task = tasks_of(project)[0]
    made = people[0].answer(task, "billing")
    list(pull(folder.annotations))
    changed = {"result": [region("label", "choices", choices=["delivery"])]}
    people[1].http.patch(f"/api/annotations/{made['id']}/", json=changed).raise_for_status()
    said = "\n".join(pull(folder.annotations))
    assert f"{people[1].email} changed the answer of {people[0].email}" in said
    assert f"it is counted as {people[1].email}'s; what stood there stays as history" in said
    lines = {line["annotator"]: line for line in folder.lines()}
    now, was = lines[people[1].email], lines[people[0].email]
    assert (now["value"], now["overwrote"]) == ("delivery", people[0].email)
    assert (was["value"], was["state"]) == ("billing", "overwritten")
    assert folder.label()["annotations"]["set_aside"] == {"overwritten_by_another": 1}
    assert "0 new, 0 changed" in "\n".join(pull(folder.annotations, everything=True))


def test_a_remark_is_its_authors_and_stands_also_beside_a_skipped_task(folder, people):
    project = prepared(folder, gold_share=0.0, comment=True, unsure=True)
    first, second, third, *_ = tasks_of(project)
    ann, bob = people
    remark = region("comment", "textarea", text=["قيل مرتين"])
    made = submit(ann, first, region("label", "choices", choices=["billing"]), remark)
    why = (region("comment", "textarea", text=["看不懂"]), region("unsure", "choices", choices=["unsure"]))
    ann.http.post(f"/api/tasks/{second['id']}/annotations/", json={"result": why, "was_cancelled": True})
    submit(ann, third, region("comment", "textarea", text=["no topic fits"]))
    list(pull(folder.annotations))
    changed = {"result": [region("label", "choices", choices=["delivery"]), remark]}
    bob.http.patch(f"/api/annotations/{made['id']}/", json=changed).raise_for_status()
    list(pull(folder.annotations))
    lines = {(line["record_id"], line["annotator"]): line for line in folder.lines()}
    names = [task["data"]["record_id"] for task in (first, second, third)]
    assert lines[names[0], ann.email]["comment"] == "قيل مرتين"
    assert "comment" not in lines[names[0], bob.email]
    skipped = lines[names[1], ann.email]
    assert (skipped["state"], skipped["comment"], skipped["unsure"]) == ("skipped", "看不懂", True)
    remarks = {one["record_id"]: one["comment"] for one in folder.label()["annotations"]["comments"]}
    assert remarks == dict(zip(names, ("قيل مرتين", "看不懂", "no topic fits"), strict=True))
    assert "0 new, 0 changed" in "\n".join(pull(folder.annotations, everything=True))


def test_an_answer_overwritten_before_any_pull_is_told_to_be_gone(folder, people):
    project = prepared(folder, gold_share=0.0)
    made = people[0].answer(tasks_of(project)[0], "billing")
    changed = {"result": [region("label", "choices", choices=["delivery"])]}
    people[1].http.patch(f"/api/annotations/{made['id']}/", json=changed).raise_for_status()
    said = "\n".join(pull(folder.annotations))
    assert f"it is counted as {people[1].email}'s; what stood there was never pulled" in said
    assert "changed the answer" not in "\n".join(pull(folder.annotations))


def test_an_answer_given_back_is_not_taken_for_withdrawn_and_counts_once_its_label_has_a_map(folder, people):
    project = prepared(folder, gold_share=0.0)
    first, second, *_ = tasks_of(project)
    people[0].answer(first, "其他")
    list(pull(folder.annotations))
    people[1].answer(second, "其他")
    new = ["billing", "delivery", "other"]
    rename = {"其他": "other"}
    rows = [row.derive("rename", target=rename.get(row.target, row.target)) for row in records()]
    folder.params["task"]["labels"] = new
    folder.write()
    folder.write_as(rows, new)
    said = "\n".join(pull(folder.annotations))
    assert "2 answers cannot be used" in said
    assert "task.renamed: {old label: label of today}" in said
    folder.label()
    list(up(18080, replace=True))
    assert "gave 2 answers back" in "\n".join(push(folder.data))
    said = "\n".join(pull(folder.annotations))
    assert "0 taken back" in said
    assert "they are kept, and their tasks are open again" in said

    folder.params["task"]["renamed"] = rename
    folder.write()
    assert "0 taken back" in "\n".join(pull(folder.annotations))
    notes = folder.label()
    assert notes["annotations"]["set_aside"] == {}
    assert notes["merge"]["decided_by"]["human"] == 2


def test_a_renamed_label_is_mapped_and_without_a_map_named_with_the_remedy(folder, people, caplog):
    caplog.set_level("INFO")
    project = prepared(folder, gold_share=0.0)
    task = tasks_of(project)[0]
    people[0].answer(task, "其他")
    list(pull(folder.annotations))
    new = ["billing", "delivery", "other"]
    rename = {"其他": "other"}
    rows = [row.derive("rename", target=rename.get(row.target, row.target)) for row in records()]
    folder.params["task"]["labels"] = new
    folder.write()
    folder.write_as(rows, new)
    folder.label()
    assert task["data"]["record_id"] in caplog.text
    assert "task.renamed: {old label: label of today}" in caplog.text
    folder.params["task"]["renamed"] = rename
    folder.write()
    notes = folder.label()
    assert notes["annotations"]["set_aside"] == {}
    assert notes["merge"]["decided_by"]["human"] == 1


def test_answers_carry_the_key_of_the_source(folder, people):
    project = prepared(folder, gold_share=0.0, keyed=True)
    task = tasks_of(project)[0]
    name = task["data"]["record_id"]
    assert task["data"]["key"] == f"mail-{name}"
    people[0].answer(task, "billing")
    list(pull(folder.annotations))
    assert folder.lines()[0]["key"] == f"mail-{name}"
    assert read_pushed(folder.annotations).tasks[name].key == f"mail-{name}"


def test_gold_and_half_answered_tasks_show_suggestions_after_every_push(folder, people):
    project = prepared(folder, overlap=2, gold_share=0.2, blind_share=0.2)
    shown = {name: sent.shown for name, sent in read_pushed(folder.annotations).tasks.items()}
    half = [task for task in tasks_of(project) if task["predictions"]][:6]
    for task in half:
        people[0].answer(task, truth(task["data"]["record_id"]))
    list(pull(folder.annotations))
    folder.label()
    assert "new pre-labels" in "\n".join(push(folder.data))
    version = project.client.get(f"/api/projects/{project.id}/")["model_version"]
    for task in tasks_of(project):
        versions = {prediction["model_version"] for prediction in task["predictions"]}
        assert task["data"].get("blind") or version in versions, task["data"]
    assert {name: sent.shown for name, sent in read_pushed(folder.annotations).tasks.items()} == shown

    (folder.annotations / ".pushed.json").unlink()  # a push that was killed before it wrote
    list(push(folder.data))
    again = {name: sent.shown for name, sent in read_pushed(folder.annotations).tasks.items()}
    gold = json.loads((folder.annotations / ".gold.json").read_text("utf-8"))
    asked = {task["data"]["record_id"] for task in half}
    assert {n: s for n, s in again.items() if n not in asked} == {n: s for n, s in shown.items() if n not in asked}
    assert not any(again[name] for name in gold)


class Alive(BaseHTTPRequestHandler):
    """As much of a backend as Label Studio asks for before it connects it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"status": "UP", "model_version": "m", "results": []}).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *about):
        pass


def test_a_live_model_that_died_is_noticed_and_the_last_suggestions_are_shown_again(folder):
    project = prepared(folder, gold_share=0.0)
    before = project.client.get(f"/api/projects/{project.id}/")["model_version"]
    for command in (lambda: push(folder.data), lambda: status(folder.annotations)):
        backend = ThreadingHTTPServer(("127.0.0.1", free_port("127.0.0.1", 29090)), Alive)
        threading.Thread(target=backend.serve_forever, daemon=True).start()
        connect_backend(project, f"http://127.0.0.1:{backend.server_port}", "secret")
        assert "the live model" not in "\n".join(status(folder.annotations))
        assert project.client.get(f"/api/projects/{project.id}/")["model_version"] == "sft"
        backend.shutdown()  # killed: nobody tells Label Studio
        backend.server_close()
        assert "the live model does not answer any more" in "\n".join(command())
        assert project.client.get(f"/api/projects/{project.id}/")["model_version"] == before
