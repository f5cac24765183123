"""Schemas, masking, forecasts, and a run that is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

from pipeline.llm.client import ask_all
from pipeline.llm.question import ask
from tests.conftest import ROOT
from tests.llm.asking import model
from tests.llm.server import as_json, last, serving


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


_RUN = """
import sys
from pipeline.llm.client import ask_all
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
