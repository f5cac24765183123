"""What a run will cost."""

from __future__ import annotations

from pipeline.llm.ask import ask_all, unanswered
from pipeline.llm.question import ask
from pipeline.llm.usage import forecast
from tests.llm.asking import model
from tests.llm.server import serving


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
