"""Questions and their samples."""

from __future__ import annotations

from pipeline.llm.ask import ask_all
from pipeline.llm.question import ask, samples
from tests.llm.asking import model
from tests.llm.server import serving


def test_samples_are_questions_of_their_own() -> None:
    with serving(lambda body, number: f"{body['seed']}") as service:
        found = ask_all(model(service), samples(ask("Roll.", temperature=1.0), 4))
    assert [a.text for a in found] == ["0", "1", "2", "3"]
