"""The loop against a real Label Studio server: everything that needs one is in this file."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from pipeline.annotation.push_ledger import LEDGER, read_pushed
from pipeline.commands import label_backend
from pipeline.core.errors import PipelineError
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.ports import free_port
from pipeline.runtime.store import read_table, write_table
from pipeline.serve import model as serving
from pipeline.studio import client, push, server
from pipeline.studio.project import connect, find
from pipeline.studio.pull import pull
from pipeline.studio.push import push as send
from pipeline.studio.status import status
from pipeline.studio.up import up
from pipeline.text.pseudonyms import pseudonym
from tests.studio.conftest import TASK, Person, prepared, records, tasks_of, truth

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(studio_home):
    url = server.address(studio_home)
    token = server.own_secrets(studio_home)["token"]
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {token}"}).json()["invite_url"]
    return [Person(url, invite, name) for name in ("ann", "小王".encode().hex(), "hasty")]


def test_three_people_label_what_was_pushed_and_nothing_is_duplicated(folder, people):
    project = prepared(folder, overlap=3, gold_share=0.2)
    gold = json.loads((folder.annotations / ".gold.json").read_text("utf-8"))
    tasks = tasks_of(project)
    ids = [task["data"]["record_id"] for task in tasks]
    queued = read_table(folder.data / "label/queue.parquet").column("record_id").to_pylist()
    assert sorted(ids) == sorted([*queued, *gold])
    assert len(gold) == 6
    assert all(task["predictions"] for task in tasks)
    ledger = read_pushed(folder.annotations)
    assert {name: sent.task for name, sent in ledger.tasks.items()} == dict(
        zip(ids, (task["id"] for task in tasks), strict=True)
    )
    assert ledger.link(ids[0]) == f"{project.url}?task={tasks[0]['id']}"
    assert server.own_secrets()["token"] not in (folder.annotations / LEDGER).read_text("utf-8")

    for task in tasks:
        name = task["data"]["record_id"]
        people[0].answer(task, truth(name))
        people[1].answer(task, truth(name), skip=name == ids[0])
        people[2].answer(task, task["predictions"][0]["result"][0]["value"]["choices"][0])
    said = list(pull(folder.annotations))
    assert f"{3 * len(tasks)} new, 0 changed, 0 taken back" in said[0]
    lines = folder.lines()
    assert Counter(line.get("state") for line in lines) == {None: 3 * len(tasks) - 1, "skipped": 1}
    assert {line["annotator"] for line in lines} == {person.email for person in people}
    assert {line["lead_time"] for line in lines} == {3.25}
    assert {line["prelabel"] for line in lines if line["annotator"] == "hasty@example.org"} == {"accepted"}

    before = next(folder.annotations.glob("label-studio-*")).read_bytes()
    assert "0 new, 0 changed" in "\n".join(pull(folder.annotations))
    assert "0 new, 0 changed" in "\n".join(pull(folder.annotations, everything=True))
    assert next(folder.annotations.glob("label-studio-*")).read_bytes() == before

    notes = folder.label()
    assert notes["annotations"]["set_aside"] == {"skipped_by_annotator": 1}
    assert notes["agreement"]["human"]["items_with_two_votes"] == len(tasks)
    again = list(send(folder.data))
    assert Counter(task["data"]["record_id"] for task in tasks_of(project)) == Counter(ids), again
    assert "Krippendorff" in "\n".join(status(folder.annotations))


def test_the_models_worst_errors_come_first_and_a_random_sample_is_audited_without_suggestion(folder, people):
    error = {"record_id": "test061", "reason": "worst_error", "priority": 1.0, "prelabel": '"其他"', "confidence": 0.98}
    write_table(pa.Table.from_pylist([error]), folder.data / "evaluate/queue.parquet")
    project = prepared(folder, gold_share=0.0, model_error_weight=1.0)
    first, *others = tasks_of(project)
    assert first["data"]["record_id"] == "test061"
    assert first["predictions"][0]["result"][0]["value"]["choices"] == ["其他"]
    assert len(others) == 24

    folder.params["label"]["audit"] = {"records": 15}
    folder.write()
    folder.label()
    assert "sent 15 tasks, 0 of them gold questions, 15 of the audit" in "\n".join(send(folder.data))
    sample = [task for task in tasks_of(project) if task["data"].get("asked") == "audit"]
    assert len(sample) == 15
    assert not any(task["predictions"] for task in sample)
    for n, task in enumerate(sample):
        name = task["data"]["record_id"]
        people[0].answer(task, truth(name) if n else "其他" if truth(name) != "其他" else "billing")
    list(pull(folder.annotations))
    found = folder.label()["audit"]
    assert (found["of"], found["drawn"], found["answered"], found["wrong"]) == (60, 15, 15, 1)
    assert "nothing new to send: " in "\n".join(send(folder.data))


def test_gold_questions_show_who_is_hasty(folder, people):
    project = prepared(folder, overlap=2, gold_share=0.4)
    for task in tasks_of(project):
        people[0].answer(task, truth(task["data"]["record_id"]))
        people[2].answer(task, task["predictions"][0]["result"][0]["value"]["choices"][0])
    list(pull(folder.annotations))
    report = {person["annotator"]: person for person in folder.label()["agreement"]["human"]["annotator_list"]}
    ann, hasty = (report[pseudonym(f"{who}@example.org", "annotator")] for who in ("ann", "hasty"))
    assert (ann["gold"], ann["gold_right"]) == (16, 16)
    assert hasty["gold_right"] < hasty["gold"]
    assert (hasty["prelabels_shown"], hasty["accepted_share"], hasty["accepts_all"]) == (40, 1.0, True)
    assert ann["accepts_all"] is False
    assert ann["seconds_median"] == 3.25


def test_disagreements_go_back_to_one_more_person(folder, people):
    project = prepared(folder, overlap=2, gold_share=0.0)
    first, second, *_ = tasks_of(project)
    for task, labels in ((first, ("billing", "delivery")), (second, ("billing", "billing"))):
        for person, label in zip(people, labels, strict=False):
            person.answer(task, label)
    list(pull(folder.annotations))
    folder.label()
    assert "asked one more person about 1 tasks" in "\n".join(send(folder.data))
    offered = people[2].http.get(f"/api/projects/{project.id}/next").raise_for_status().json()
    assert offered["id"] == first["id"]
    people[2].answer(offered, "billing")
    assert project.client.get(f"/api/tasks/{first['id']}/")["is_labeled"]


def test_corrections_withdrawals_and_local_edits_survive(folder, people):
    project = prepared(folder, gold_share=0.0)
    tasks = tasks_of(project)[:4]
    made = [people[0].answer(task, "billing") for task in tasks]
    list(pull(folder.annotations))
    file = next(folder.annotations.glob("label-studio-*"))
    by_hand = {"record_id": "train001", "annotator": "boss", "value": "其他", "created_at": "2026-01-01T00:00:00Z"}
    lines = [
        line | ({"value": "其他"} if line["studio"].endswith(f"/{made[3]['id']}") else {}) for line in folder.lines()
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in [by_hand, *lines]), "utf-8")
    changed = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["delivery"]}}]
    people[0].http.patch(f"/api/annotations/{made[0]['id']}/", json={"result": changed}).raise_for_status()
    people[0].http.delete(f"/api/annotations/{made[1]['id']}/").raise_for_status()
    project.client.delete(f"/api/tasks/{tasks[2]['id']}/")
    said = "\n".join(pull(folder.annotations))
    assert "0 new, 1 changed, 1 taken back" in said
    assert "1 answers belong to tasks that are no longer in Label Studio; they are kept" in said
    assert "conflict:" in said
    now = {line.get("studio", "by hand").split("/")[-1]: line for line in folder.lines()}
    assert now["by hand"] == by_hand
    assert now[str(made[0]["id"])]["value"] == "delivery"
    assert now[str(made[1]["id"])]["state"] == "deleted"
    assert now[str(made[2]["id"])]["value"] == "billing"
    assert now[str(made[3]["id"])]["value"] == "其他"
    assert folder.label()["annotations"]["set_aside"] == {"deleted_in_label_studio": 1}


def test_a_broken_connection_is_resumed_without_duplicates(folder, monkeypatch):
    folder.set(gold_share=0.0)
    folder.label()
    list(up(18080, replace=False))
    monkeypatch.setattr(push, "BATCH", 10)
    real, calls = client.Client.post, []

    def flaky(self, path, body, **params):
        calls.append(path)
        answer = real(self, path, body, **params)
        if path.endswith("/import") and calls.count(path) == 2:  # the server heard us, we did not hear the server
            raise PipelineError("connection lost")
        return answer

    monkeypatch.setattr(client.Client, "post", flaky)
    with pytest.raises(PipelineError, match="connection lost"):
        list(send(folder.data))
    monkeypatch.setattr(client.Client, "post", real)
    assert "sent 4 tasks" in "\n".join(send(folder.data))
    project = find(connect())
    names = [task["data"]["record_id"] for task in project.client.tasks(project.id, ("data",))]
    assert (len(names), len(set(names))) == (24, 24)


def test_changed_texts_replace_untouched_tasks_and_answered_ones_are_kept(folder, people):
    project = prepared(folder, gold_share=0.0)
    answered, *_ = tasks = tasks_of(project)
    people[0].answer(answered, "billing")
    rows = records()
    changed = {answered["data"]["record_id"], tasks[1]["data"]["record_id"]}
    rows = [row.derive("t", fields={"text": row.fields["text"] + "!"}) if row.id in changed else row for row in rows]
    folder.write([row for row in rows if row.id != tasks[2]["data"]["record_id"]])
    list(pull(folder.annotations))
    notes = folder.label()
    assert notes["annotations"]["set_aside"] == {"text_changed": 1}
    said = "\n".join(send(folder.data))
    assert "removed 2 tasks that nobody had touched" in said
    assert "1 answered tasks are about texts that have changed" in said
    assert "gave 21 waiting tasks new pre-labels" in said or "new pre-labels" in said
    now = Counter(task["data"]["record_id"] for task in tasks_of(project))
    assert now[answered["data"]["record_id"]] == 2
    assert sorted(now.values()) == [1] * 22 + [2]
    assert len(tasks_of(project)) == 24
    assert "removed 23 tasks" in "\n".join(send(folder.data, renew=True))
    assert len(tasks_of(project)) == 24


def test_what_changes_under_us_is_told_and_nothing_is_lost(folder, people, monkeypatch):
    project = prepared(folder, gold_share=0.0, title="Shared title")
    people[0].answer(tasks_of(project)[0], "billing")
    more = project.config.replace("</Choices>", '<Choice value="spam"/></Choices>')
    project.client.patch(f"/api/projects/{project.id}/", {"label_config": more})
    people[1].answer(tasks_of(project)[1], "spam")
    said = "\n".join(pull(folder.annotations))
    assert "1 answers cannot be used" in said
    assert "labels that task.labels does not hold: spam" in said
    (odd,) = [line for line in folder.lines() if line.get("state") == "unreadable"]
    assert odd["result"][0]["value"]["choices"] == ["spam"]
    folder.params["task"]["labels"].append("spam")
    folder.write()
    assert "0 new, 1 changed" in "\n".join(pull(folder.annotations))
    assert sorted(line["value"] for line in folder.lines()) == ["billing", "spam"]
    folder.params["task"]["labels"].remove("spam")
    folder.write()

    project.client.patch(
        f"/api/projects/{project.id}/", {"label_config": project.config.replace('"billing"', '"bill"')}
    )
    with pytest.raises(PipelineError, match=r"the label 'billing' is missing.*\n.*--replace-config"):
        list(send(folder.data))
    assert "replaced the labeling config" in list(up(18080, replace=True))

    twin = project.client.post("/api/projects/", {"title": "Shared title", "label_config": project.config})
    with pytest.raises(PipelineError, match="2 projects are called 'Shared title'"):
        list(send(folder.data))
    for number in (twin["id"], project.id):
        project.client.delete(f"/api/projects/{number}/")
    lines = folder.lines()
    with pytest.raises(PipelineError, match=r"no project is called 'Shared title'.\n  Make it: sft label up"):
        list(pull(folder.annotations))
    list(up(18080, replace=False))
    assert "0 new, 0 changed, 0 taken back; 2 lines" in "\n".join(pull(folder.annotations))
    assert folder.lines() == lines


def test_tokens_of_both_kinds_work_and_bad_ones_are_told(folder, people, monkeypatch, capsys):
    url = server.address()
    legacy = server.own_secrets()["token"]
    folder.set(gold_share=0.0)
    folder.label()
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    with pytest.raises(PipelineError, match="LABEL_STUDIO_API_KEY is not"):
        connect()
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", legacy)
    assert "nothing is started here" in "\n".join(up(18080, replace=False))
    personal = people[0].http.post("/api/token/").raise_for_status().json()["token"]
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", personal)
    assert "tasks 0" in "\n".join(status(folder.annotations))
    header, body, signature = personal.split(".")
    for bad in ("wrong", f"{header}.{body}.{signature[::-1]}"):
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", bad)
        with pytest.raises(PipelineError, match="token") as error:
            list(send(folder.data))
        assert bad not in str(error.value)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{free_port('127.0.0.1', 28080)}")
    with pytest.raises(PipelineError, match=r"cannot be reached \(ConnectError\)"):
        list(pull(folder.annotations))


def test_secrets_stay_in_their_file(folder, studio_home):
    list(up(18080, replace=False))
    secret = server.own_secrets()
    assert (studio_home / "secrets.json").stat().st_mode & 0o077 == 0
    assert (studio_home / ".gitignore").read_text() == "*\n"
    log = (studio_home / "server.log").read_text("utf-8", "replace")
    shown = Path(f"/proc/{json.loads((studio_home / 'server.json').read_text())['pid']}/cmdline")
    command = shown.read_text() if shown.is_file() else ""
    for name in ("password", "token", "backend"):
        assert secret[name] not in log + command


class Words:
    def predict(self, rows):
        return [Prediction("其他" if "随便" in row["text"] else "delivery", 0.75) for row in rows]


def test_the_model_answers_live_while_the_backend_runs(folder, people, monkeypatch):
    model = folder.root / "model"
    model.mkdir()
    (model / "sft.json").write_text(json.dumps({"task": TASK.model_dump(mode="json")}), "utf-8")
    monkeypatch.setattr(serving, "load_predictor", lambda path: Words())
    project = prepared(folder, gold_share=0.0, blind_share=0.5)
    before = project.client.get(f"/api/projects/{project.id}/")["model_version"]
    connected, done = threading.Event(), threading.Event()

    def serve(app, host, port, secret, on_start):
        def stop():
            on_start()
            connected.set()
            done.wait(60)
            raise KeyboardInterrupt

        from pipeline.serve.run import serve as really

        really(app, host, port, secret, stop)

    monkeypatch.setattr(label_backend, "serve", serve)
    errors = []

    def work():
        try:
            label_backend.backend(model, "127.0.0.1", 19090)
        except KeyboardInterrupt:
            pass
        except Exception as error:
            errors.append(error)
            connected.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert connected.wait(60)
    assert not errors
    seen: Counter[Any] = Counter()
    while len(seen) < 2:
        found = people[0].http.get(f"/api/projects/{project.id}/next").raise_for_status().json()
        blind = found["data"].get("blind", False)
        seen[blind] += 1
        if blind:  # a lot hides the pre-label, and the live answer with it
            assert found["predictions"] == []
        else:
            expected = "其他" if "随便" in found["data"]["text"] else "delivery"
            assert found["predictions"][-1]["result"][0]["value"]["choices"] == [expected]
            assert found["predictions"][-1]["score"] == 0.75
        people[0].answer(found, "billing")
    done.set()
    thread.join(60)
    list(pull(folder.annotations))
    assert Counter(line.get("prelabel") for line in folder.lines()) == {None: seen[True], "edited": seen[False]}
    bias = folder.label()["prelabel_bias"]
    assert [bias[name]["records"] for name in ("shown", "blind")] == [seen[False], seen[True]]
    hidden = [sent for sent in read_pushed(folder.annotations).tasks.values() if sent.shown is False]
    assert 5 < len(hidden) < 20
    assert all(sent.prelabel for sent in hidden)
    assert project.client.get(f"/api/projects/{project.id}/")["model_version"] == before


def test_someone_corrects_a_task_in_the_browser_and_pull_finds_it(folder, people):
    browsers = pytest.importorskip("playwright.sync_api")
    program = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if os.path.exists(p)), None)
    if program is None:
        pytest.skip("no Chromium: apt install chromium")
    project = prepared(folder, gold_share=0.0)
    task = next(t for t in tasks_of(project) if t["predictions"][0]["result"][0]["value"]["choices"] != ["其他"])
    with browsers.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{project.client.url}/user/login/")
        page.fill("input[name=email]", people[0].email)
        page.fill("input[name=password]", people[0].password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(f"{project.client.url}/projects/{project.id}/data?task={task['id']}")
        page.get_by_text("A marked answer is a suggestion").wait_for()
        page.get_by_label("其他").first.check()
        page.locator('button[aria-label^="Submit current annotation"], button[aria-label="submit"]').first.click()
        page.get_by_text("Update", exact=True).first.wait_for()
        browser.close()
    list(pull(folder.annotations))
    (line,) = folder.lines()
    assert (line["record_id"], line["annotator"], line["value"], line["prelabel"]) == (
        task["data"]["record_id"],
        people[0].email,
        "其他",
        "edited",
    )
    assert line["lead_time"] > 0
