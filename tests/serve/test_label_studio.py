"""The ML backend, asked as Label Studio asks it, and as nobody should."""

from __future__ import annotations

import base64
import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.annotation.labeling_config import project_config
from pipeline.core.errors import PipelineError
from pipeline.modeling import predictor
from pipeline.modeling.prediction import Prediction
from pipeline.runtime.ports import free_port, is_loopback
from pipeline.serve import model as serving
from pipeline.serve.app import MAX_BODY, create_app
from pipeline.serve.label_studio import add_routes
from pipeline.serve.model import ServedModel
from pipeline.serve.run import serve
from tests.serve.mails import TASK

SECRET = {"Authorization": "Bearer open sesame"}


class Words:
    """A predictor without weights: texts with 好 are good. Real models are asked in tests/studio/test_loop.py."""

    def predict(self, rows):
        assert all(isinstance(row["text"], str) for row in rows)
        return [Prediction("好" if "好" in row["text"] else "neg", 0.75) for row in rows]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "sft.json").write_text(json.dumps({"task": TASK.model_dump(mode="json")}), "utf-8")
    loaded = []
    monkeypatch.setattr(serving, "load_predictor", lambda path: loaded.append(path) or Words())
    tmp_path.joinpath("loaded").mkdir()
    return tmp_path


@pytest.fixture
def client(folder):
    app = create_app(ServedModel(folder), "open sesame", [add_routes])
    return TestClient(app, headers=SECRET, raise_server_exceptions=False)


def test_health_is_open_and_everything_else_wants_the_secret(client):
    outside = TestClient(client.app)
    assert outside.get("/health").json() == {"status": "UP", "model_class": "sft"}
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic !"}, {"Authorization": "Token open"}):
        assert outside.post("/predict", json={"tasks": []}, headers=headers).status_code == 401
    basic = "Basic " + base64.b64encode(b"label-studio:open sesame").decode()
    assert outside.get("/versions", headers={"Authorization": basic}).status_code == 200


def test_predict_answers_every_task_in_order_in_two_languages(client):
    tasks = [{"id": n, "data": {"text": text}} for n, text in enumerate(("很好", "awful", "好 and bad"))]
    answer = client.post("/predict", json={"tasks": tasks, "label_config": project_config(TASK, "zh")}).json()
    assert [r["result"][0]["value"]["choices"] for r in answer["results"]] == [["好"], ["neg"], ["好"]]
    assert {r["score"] for r in answer["results"]} == {0.75}
    assert {r["model_version"] for r in answer["results"]} == {answer["model_version"]}


def test_a_blind_task_gets_no_suggestion(client):
    tasks = [{"data": {"text": "很好", "blind": True}}, {"data": {"text": "很好"}}]
    hidden, shown = client.post("/predict", json={"tasks": tasks}).json()["results"]
    assert hidden == []
    assert shown["result"][0]["value"]["choices"] == ["好"]


def test_a_task_that_cannot_be_answered_gets_an_empty_result_and_the_others_theirs(client):
    tasks = [{"data": {"text": "好"}}, {"data": {}}, {"data": {"text": 3}}, "x", {"data": {"text": "\ud800"}}]
    answer = client.post("/predict", content=json.dumps({"tasks": tasks})).json()
    assert [bool(r["result"]) for r in answer["results"]] == [True, False, False, False, False]
    assert "there is no 'text'" in answer["results"][1]["error"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"tasks": 3}', "'tasks' must be a list"),
        (json.dumps({"tasks": [{}] * 1001}).encode(), "at most 1,000 tasks"),
        (b'{"tasks": [], "label_config": "<View>"}', "does not fit the model: it is not readable as XML"),
    ],
)
def test_malformed_requests_are_refused_and_the_server_lives_on(client, body, message):
    refused = client.post("/predict", content=body)
    assert (refused.status_code, message in refused.json()["error"]) == (400, True)
    assert client.post("/predict", json={"tasks": []}).json()["results"] == []


def test_a_body_that_is_too_large_is_refused(client):
    refused = client.post("/predict", content=b" " * (MAX_BODY + 1))
    assert (refused.status_code, "larger than" in refused.json()["error"]) == (413, True)


def test_setup_tells_the_version_or_what_does_not_fit(client):
    good = client.post("/setup", json={"schema": project_config(TASK, "en"), "access_token": "t", "project": "1"})
    assert good.json() == {"model_version": client.get("/versions").json()["versions"][0]}
    other = TASK.model_copy(update={"labels": ("neg",)})
    bad = client.post("/setup", json={"schema": project_config(other, "en")})
    assert bad.status_code == 400
    assert "the label '好' is missing from 'label'" in bad.json()["error"]


def test_a_newly_trained_model_is_taken_up(client, folder):
    before = client.post("/predict", json={"tasks": []}).json()["model_version"]
    (folder / "model.safetensors").write_bytes(b"new weights")
    assert client.post("/predict", json={"tasks": []}).json()["model_version"] != before


def test_webhook_and_a_missing_model_do_no_harm(client, tmp_path):
    assert client.post("/webhook", json={"action": "ANNOTATION_CREATED"}).json()["status"] == "seen"
    empty = TestClient(create_app(ServedModel(tmp_path / "none"), None, [add_routes]))
    assert "Train one: dvc repro train" in empty.post("/predict", json={"tasks": [{}]}).json()["error"]
    assert predictor.load_predictor is not vars(serving)["load_predictor"]


def test_outside_addresses_need_a_secret():
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [
        *[True] * 3,
        *[False] * 2,
    ]
    with pytest.raises(PipelineError, match="no secret is set"):
        serve(FastAPI(), "0.0.0.0", 9999, None)
    assert free_port("127.0.0.1", 20000) >= 20000
