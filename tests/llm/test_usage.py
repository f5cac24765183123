"""What a run will cost."""

from __future__ import annotations

import pytest

from pipeline.core.errors import PipelineError
from pipeline.llm.client import ask_all, unanswered
from pipeline.llm.question import Answer, ask
from pipeline.llm.settings import Budget, Prices
from pipeline.llm.usage import Allowance, Usage, cost, estimated_tokens, forecast
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


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("今天天气", 4), ("今天 ok", 3), ("かな", 2)]
)
def test_tokens_are_estimated_by_letters_and_characters(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


def test_costs_are_per_million_tokens() -> None:
    assert cost(Prices(input=2, output=10), 500_000, 100_000) == 2.0
    assert cost(Prices(), 10**9, 10**9) == 0.0


def test_answers_are_counted_as_the_service_counts() -> None:
    usage = Usage(Prices(input=1.0, output=1.0, currency="CNY"))
    usage.count(Answer("好", prompt_tokens=3, written_tokens=1, model="a"))
    usage.count(Answer("", "cut", prompt_tokens=5, written_tokens=9, estimated=True, model="b"))
    notes = usage.as_notes()
    assert (usage.tokens, notes["requests"], notes["answers_with_estimated_tokens"]) == (18, 2, 1)
    assert notes["problems"] == {"cut": 1}
    assert notes["models"] == {"a": 1, "b": 1}
    assert (notes["money"], notes["currency"]) == (0.000018, "CNY")


ONE = ask("一二三四", max_tokens=10)  # 8 tokens with its turn's marks, 18 at worst


def test_a_budget_holds_requests_under_way_at_their_worst() -> None:
    usage = Usage(Prices())
    allowance = Allowance(Budget(tokens=40), usage, "here")
    assert allowance.reserve(ONE)
    assert allowance.reserve(ONE)
    assert not allowance.reserve(ONE)  # 54 at worst: it waits
    allowance.release(ONE)
    usage.count(Answer("x", prompt_tokens=3, written_tokens=1))
    assert allowance.reserve(ONE)


@pytest.mark.parametrize(
    ("budget", "limit"),
    [(Budget(requests=2), "requests: 2"), (Budget(tokens=30), "tokens: 30"), (Budget(money=1e-5), "money")],
)
def test_a_request_that_could_break_the_budget_by_itself_ends_the_run(budget: Budget, limit: str) -> None:
    usage = Usage(Prices(input=1, output=1))
    usage.count(Answer("x", prompt_tokens=8, written_tokens=6))
    usage.count(Answer("x", prompt_tokens=1, written_tokens=1))
    with pytest.raises(PipelineError, match=f"the budget is used up \\({limit}") as error:
        Allowance(budget, usage, "here").reserve(ONE)
    assert "after 2 answers, 16 tokens" in error.value.message


def test_without_a_budget_nothing_waits() -> None:
    allowance = Allowance(Budget(), Usage(), "here")
    assert all(allowance.reserve(ONE) for _ in range(1000))
