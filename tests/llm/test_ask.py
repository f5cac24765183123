"""Schemas, masking, forecasts, and a run that is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from pipeline.llm.ask import ask_all, unanswered
from pipeline.llm.question import ask, samples
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
from pipeline.llm.usage import forecast
from tests.conftest import ROOT
from tests.llm.server import as_json, last, serving

SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["好", "bad"]}},
    "required": ["label"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path / "cache"))


def model(service, **settings):
    return RemoteModel(Endpoint(url=service.url, model="tiny", first_pause=0.01, **settings), "label.llm")


@pytest.mark.parametrize(
    "text",
    ['{"label": "好"}', '```json\n{"label": "好"}\n```', 'Sure! {"label": "好"} Anything else?', ' {"label":"好"}\n'],
)
def test_json_is_found_in_what_models_wrap_around_it(text) -> None:
    with serving(lambda body, number: text) as service:
        found = ask_all(model(service), [ask("Which?", schema=SCHEMA)])[0]
    assert found.is_usable
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "text", ["好", '{"label": "so so"}', '{"label": "好", "why": 1}', "[1]", '{"label": ', "", "[" * 5000]
)
def test_what_breaks_the_schema_is_asked_once_more_with_the_reason(text) -> None:
    with serving(lambda body, number: text if number == 0 else as_json({"label": "bad"})) as service:
        found = ask_all(model(service), [ask("Which?", schema=SCHEMA)])[0]
    assert json.loads(found.text) == {"label": "bad"}
    assert [turn["role"] for turn in service.asked[1]["messages"]] == ["user", "assistant", "user"]
    assert "not JSON of the schema" in last(service.asked[1])


def test_what_breaks_it_twice_is_no_answer() -> None:
    with serving(lambda body, number: "I would say: good") as service:
        engine = model(service)
        found = ask_all(engine, [ask("Which?", schema=SCHEMA), ask("And this?")])
        assert [a.problem for a in found] == ["not_json", ""]
        ask_all(engine, [ask("Which?", schema=SCHEMA)])
    assert len(service.asked) == 3


def test_a_service_without_schemas_is_asked_with_the_schema_in_the_prompt() -> None:
    def answer(body, number):
        if "response_format" in body:
            return 400, {"error": {"message": "response_format of type json_schema is not supported"}}, {}
        return as_json({"label": "好"})

    with serving(answer) as service:
        found = ask_all(model(service, parallel=1), [ask(f"{n}?", schema=SCHEMA) for n in range(3)])
    assert all(a.is_usable for a in found)
    assert ["response_format" in body for body in service.asked] == [True, False, False, False]
    assert '"label"' in last(service.asked[-1])


def test_personal_data_and_secrets_are_masked_before_they_leave() -> None:
    question = ask(
        "Mail ann@example.org, 电话13912345678, 10.0.0.1, AKIAQYLPMN5HHHFPZAM2", system="Ann: ann@example.org"
    )
    with serving(lambda body, number: "fine") as service:
        ask_all(model(service), [question])
        ask_all(model(service, mask_personal_data=False), [question])
    sent, unmasked = map(as_json, service.asked)
    assert not [secret for secret in ("ann@", "13912345678", "AKIAQ") if secret in sent]
    assert sent.count("[EMAIL_1]") == 2
    assert "[CN_MOBILE_1], 10.0.0.1, [SECRET_1]" in sent
    assert "ann@example.org" in unmasked


def test_a_forecast_counts_what_is_not_answered_yet_and_is_not_exceeded() -> None:
    questions = [ask(f"Say {n} in one word, please, whatever comes to your mind.", max_tokens=10) for n in range(8)]
    with serving(lambda body, number: "one word") as service:
        engine = model(service, prices={"input": 1.0, "output": 1.0})
        ask_all(engine, questions[:3])
        left = unanswered(engine, [*questions, questions[5]])
        expected = forecast(left, engine.usage.prices)
        before = engine.usage.money
        ask_all(engine, questions)
    assert (expected.requests, expected.written_tokens) == (5, 50)
    assert 0 < engine.usage.money - before <= expected.money


def test_samples_are_questions_of_their_own() -> None:
    with serving(lambda body, number: f"{body['seed']}") as service:
        found = ask_all(model(service), samples(ask("Roll.", temperature=1.0), 4))
    assert [a.text for a in found] == ["0", "1", "2", "3"]


_RUN = """
import sys
from pipeline.llm.ask import ask_all
from pipeline.llm.question import ask
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
engine = RemoteModel(Endpoint(url=sys.argv[1], model="tiny", parallel=4), "label.llm")
ask_all(engine, [ask(f"number {n}") for n in range(60)])
"""


def test_a_run_killed_at_ten_moments_pays_no_answer_twice(tmp_path) -> None:
    """An answer that was on its way when the process died is lost; what had arrived is never asked again."""
    rng = random.Random(4)
    with serving(lambda body, number: f"answer {last(body)}", latency=lambda number: 0.02) as service:
        command = [sys.executable, "-c", _RUN, service.url]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        for _ in range(10):
            process = subprocess.Popen(command, env=environment, cwd=tmp_path)
            start = len(service.asked)
            while len(service.asked) - start < rng.randint(1, 5) and process.poll() is None:
                time.sleep(0.005)
            time.sleep(rng.random() * 0.03)
            process.send_signal(signal.SIGKILL)
            process.wait()
        subprocess.run(command, env=environment, cwd=tmp_path, check=True)
        counts = Counter(last(body) for body in service.asked)
    assert len(counts) == 60
    # At most the four requests of the window, and none more than its place in it, were lost with each kill.
    assert sum(counts.values()) - 60 <= 10 * 4
