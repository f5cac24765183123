"""POST /v1/predict as programs call it, alone and all at once; tests/serve/test_label_studio.py has what is shared."""

import asyncio
import json

import pytest
from fastapi.testclient import TestClient

from pipeline.core.settings import Task
from pipeline.modeling.prediction import Prediction
from pipeline.serve import model as serving
from pipeline.serve.app import create_app
from pipeline.serve.label_studio import add_routes as label_studio
from pipeline.serve.model import MAX_CHARACTERS, ServedModel
from pipeline.serve.predict_api import MAX_ROWS, Batcher, BusyError, add_routes

TASK = Task(type="classification", labels=("neg", "好"), languages=("en", "zh"))


class Words:
    """A predictor without weights that remembers its batches and stumbles over one word."""

    def __init__(self):
        self.batches = []

    def predict(self, rows):
        self.batches.append(len(rows))
        if any(row["text"] == "stumble" for row in rows):
            raise RuntimeError("stumbled")
        return [Prediction("好" if "好" in row["text"] else "neg", 0.75, {"neg": 0.25, "好": 0.75}) for row in rows]


@pytest.fixture
def words():
    return Words()


@pytest.fixture
def served(tmp_path, monkeypatch, words):
    (tmp_path / "sft.json").write_text(json.dumps({"task": TASK.model_dump(mode="json")}), "utf-8")
    monkeypatch.setattr(serving, "load_predictor", lambda path: words)
    return ServedModel(tmp_path)


@pytest.fixture
def client(served):
    return TestClient(create_app(served, None, [add_routes, label_studio]), raise_server_exceptions=False)


def test_rows_are_answered_in_order(client):
    found = client.post("/v1/predict", json={"rows": [{"text": "很好"}, {"text": "bad"}]}).json()
    assert [one["prediction"] for one in found["predictions"]] == ["好", "neg"]
    assert found["predictions"][0]["scores"] == {"neg": 0.25, "好": 0.75}
    assert len(found["model_version"]) == 12


def test_one_process_answers_programs_and_label_studio(client):
    assert client.get("/health").json()["status"] == "UP"
    tasks = {"tasks": [{"data": {"text": "很好"}}]}
    version = client.post("/predict", json=tasks).json()["model_version"]
    assert client.post("/v1/predict", json={"rows": [{"text": "很好"}]}).json()["model_version"] == version


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "'rows' must be a list"),
        ({"rows": []}, "'rows' must be a list"),
        ({"rows": "text"}, "'rows' must be a list"),
        ({"rows": [{"text": "a"}] * (MAX_ROWS + 1)}, "'rows' must be a list of 1 to 256"),
        ({"rows": [{"text": "a"}, "b"]}, "row 1: expected an object"),
        ({"rows": [{"text": "a"}, {"body": "b"}]}, "row 1: missing_field"),
        ({"rows": [{"text": 7}]}, "row 0: not_text"),
        ({"rows": [{"text": "x" * (MAX_CHARACTERS + 1)}]}, "row 0: too_long: longer than 100,000 characters"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_row(body, message, client):
    found = client.post("/v1/predict", json=body)
    assert found.status_code == 400
    assert message in found.json()["error"]
    assert client.post("/v1/predict", json={"rows": [{"text": "fine"}]}).status_code == 200


def test_requests_at_once_share_a_batch(served, words):
    async def ask():
        batcher = Batcher(served, batch=8, patience=0.02)
        return await asyncio.gather(*(batcher.predict([{"text": f"{n} 好" if n % 2 else "no"}]) for n in range(20)))

    found = asyncio.run(ask())
    assert [predictions[0].value for _, predictions in found] == ["neg", "好"] * 10
    assert words.batches == [8, 8, 4]


def test_a_request_larger_than_a_batch_is_answered_whole(served, words):
    found = asyncio.run(Batcher(served, batch=4).predict([{"text": "x"}] * 9))
    assert (len(found[1]), words.batches) == (9, [9])


def test_one_request_that_fails_does_not_take_its_neighbours_along(served):
    async def ask():
        batcher = Batcher(served, batch=8, patience=0.02)
        texts = ["fine", "stumble", "好"]
        return await asyncio.gather(*(batcher.predict([{"text": t}]) for t in texts), return_exceptions=True)

    first, second, third = asyncio.run(ask())
    assert (first[1][0].value, third[1][0].value) == ("neg", "好")
    assert isinstance(second, RuntimeError)


def test_too_much_waiting_is_refused_at_once(served):
    async def ask():
        batcher = Batcher(served, batch=4, patience=0.05, most=6)
        jobs = [asyncio.create_task(batcher.predict([{"text": "x"}] * 3)) for _ in range(3)]
        return await asyncio.gather(*jobs, return_exceptions=True)

    found = asyncio.run(ask())
    assert [type(one).__name__ for one in found] == ["tuple", "tuple", "BusyError"]
    assert issubclass(BusyError, Exception)
