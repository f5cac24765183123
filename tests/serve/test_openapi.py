"""The servers against their own OpenAPI page: schemathesis asks every route with bodies that fit it and that do not."""

from __future__ import annotations

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from pipeline.core.settings import Task
from pipeline.modeling.prediction import Prediction
from pipeline.serve import chat_api, label_studio, predict_api
from pipeline.serve import model as serving
from pipeline.serve.app import create_app
from pipeline.serve.model import ServedModel

TASK = Task(type="classification", labels=("neg", "好"), languages=("en", "zh"))
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
ROUTES = {"/health", "/versions", "/v1/predict", "/v1/models", "/v1/chat/completions", "/setup", "/predict", "/webhook"}


class Words:
    def predict(self, rows):
        return [Prediction("好" if "好" in row["text"] else "neg", 0.75, {"neg": 0.25, "好": 0.75}) for row in rows]


@pytest.fixture
def api(tmp_path, monkeypatch):
    (tmp_path / "sft.json").write_text(json.dumps({"task": TASK.model_dump(mode="json")}), "utf-8")
    monkeypatch.setattr(serving, "load_predictor", lambda path: Words())
    routes = [predict_api.add_routes, chat_api.add_routes, label_studio.add_routes]
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(ServedModel(tmp_path), None, routes))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
def test_every_route_answers_as_its_page_says(api, mode, record_property):
    asked = 0
    for found in api.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.method == "get":
            continue

        @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS)

        ask()
    record_property("counts", f"openapi: {asked} {mode.value} requests")
    assert asked > 100


def test_every_route_is_on_the_page(api):
    assert {operation.ok().path for operation in api.get_all_operations()} == ROUTES
