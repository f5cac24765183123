"""A service with every trouble that services have: what is asked again, what is told, and what is never paid twice."""

from __future__ import annotations

import itertools
import time

import pytest

from pipeline.core.errors import PipelineError
from pipeline.llm.client import ask_all
from pipeline.llm.question import ask
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
from tests.llm.server import dripping, last, serving

TALKS = ["Name a river.", "写一首短诗", "What is 2 + 2? 🙂"]


def model(service, **settings):
    return RemoteModel(Endpoint(url=service.url, model="tiny", first_pause=0.01, **settings), "label.llm")


def echo(body, number):
    return f"you said: {last(body)}"


def test_each_question_gets_its_answer_whatever_order_they_come_in() -> None:
    with serving(echo, latency=lambda number: 0.05 * (number % 3)) as service:
        engine = model(service, parallel=8)
        answers = ask_all(engine, [ask(f"{text} {n}") for n in range(20) for text in TALKS])
    assert [a.text for a in answers] == [f"you said: {text} {n}" for n in range(20) for text in TALKS]
    assert {a.problem for a in answers} == {""}
    assert (engine.usage.prompt_tokens, engine.usage.written_tokens) == (service.prompt_tokens, service.written_tokens)
    assert engine.usage.requests == len(service.answered) == 60
    assert not engine.usage.estimated


def test_nothing_is_asked_for_no_questions() -> None:
    with serving(echo) as service:
        assert ask_all(model(service), []) == []
    assert service.asked == []


def test_equal_questions_are_asked_once_and_answers_are_kept_for_later_runs() -> None:
    with serving(echo) as service:
        ask_all(model(service), [ask("Hi."), ask("Hi."), ask("Hi.", seed=1)])
        again = model(service)
        ask_all(again, [ask("Hi."), ask("Hi.", seed=1)])
    assert len(service.asked) == 2
    assert (again.usage.requests, again.usage.cached) == (0, 2)


def test_the_window_is_never_wider_than_asked_and_is_kept_full() -> None:
    with serving(echo, latency=lambda number: 0.05) as service:
        ask_all(model(service, parallel=5), [ask(f"{n}") for n in range(30)])
    assert service.most_under_way == 5


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_passing_trouble_is_asked_again(status) -> None:
    def answer(body, number):
        return (status, {"error": {"message": "busy"}}, {}) if number < 2 else "fine"

    with serving(answer) as service:
        engine = model(service)
        assert ask_all(engine, [ask("Hi.")])[0].text == "fine"
    assert engine.usage.retries == 2
    assert engine.usage.requests == 1


def test_retry_after_is_waited_for() -> None:
    def answer(body, number):
        return (429, {"error": {"message": "slow down"}}, {"retry-after": "0.4"}) if number == 0 else "fine"

    with serving(answer) as service:
        started = time.monotonic()
        ask_all(model(service), [ask("Hi.")])
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(
    "garbage", ["<html>busy</html>", "{", "[]", "null", '{"choices": []}', '{"choices": [{"message": 3}]}', '"a"']
)
def test_what_is_no_chat_completion_is_asked_again(garbage) -> None:
    with serving(lambda body, number: (200, garbage, {}) if number == 0 else "fine") as service:
        assert ask_all(model(service), [ask("Hi.")])[0].text == "fine"


@pytest.mark.parametrize("garbage", ["<html>busy</html>", '{"choices": []}'])
def test_a_service_that_never_speaks_sense_is_named(garbage) -> None:
    silent = pytest.raises(PipelineError, match=r"label\.llm: http.* gave no answer in 3 tries")
    with serving(lambda body, number: (200, garbage, {})) as service, silent:
        ask_all(model(service, retries=2), [ask("Hi.")])
    assert len(service.asked) == 3


def test_a_reply_that_trickles_or_never_ends_is_broken_off() -> None:
    endless = (b" " * 50_000 for _ in itertools.count())
    too_much = pytest.raises(PipelineError, match="longer than 100,000 bytes")
    with serving(lambda body, number: dripping(endless, 0)) as service, too_much:
        ask_all(model(service, retries=0, max_answer_bytes=100_000), [ask("Hi.")])
    trickle = (b" " for _ in itertools.count())
    with serving(lambda body, number: dripping(trickle)) as service:
        started = time.monotonic()
        with pytest.raises(PipelineError, match=r"no whole answer within 0\.5 s"):
            ask_all(model(service, retries=0, timeout=0.5), [ask("Hi.")])
    assert time.monotonic() - started < 5


def test_a_prompt_beyond_the_window_costs_itself_alone_and_is_not_kept() -> None:
    def answer(body, number):
        if "long" in last(body):
            return 400, {"error": {"message": "This model's maximum context length is 4096 tokens."}}, {}
        return "fine"

    with serving(answer) as service:
        found = ask_all(model(service), [ask("a long one"), ask("short")])
        ask_all(model(service), [ask("a long one"), ask("short")])
    assert [a.problem for a in found] == ["too_long", ""]
    assert len(service.asked) == 3


def test_refusals_and_cut_answers_are_told_from_answers() -> None:
    def answer(body, number):
        kind = last(body)
        if kind == "filter":
            return 400, {"error": {"code": "content_filter", "message": "flagged"}}, {}
        if kind == "refuse":
            return 200, service.completion(body, None, refusal="I cannot help with that."), {}
        return 200, service.completion(body, "half of", why="length"), {}

    with serving(answer) as service:
        found = ask_all(model(service), [ask("filter"), ask("refuse"), ask("go on")])
    assert [a.problem for a in found] == ["refused", "refused", "cut"]
    assert found[1].detail == "I cannot help with that."
    assert not any(a.is_usable for a in found)


def test_reasoning_and_log_probabilities_come_along() -> None:
    def answer(body, number):
        return 200, service.completion(body, "it is four", reasoning_content="2 and 2"), {}

    with serving(answer) as service:
        found = ask_all(model(service), [ask("2 + 2?", logprobs=True)])[0]
    assert (found.reasoning, found.logprob) == ("2 and 2", -1.5)


def test_a_service_without_counts_is_counted_by_estimate_and_says_so() -> None:
    def answer(body, number):
        content = service.completion(body, "eight letters")
        del content["usage"]
        return 200, content, {}

    with serving(answer) as service:
        engine = model(service)
        ask_all(engine, [ask("Hi.")])
    assert engine.usage.as_notes()["answers_with_estimated_tokens"] == 1
    assert engine.usage.written_tokens == 4


def test_a_model_that_changes_behind_its_name_shows_in_the_report() -> None:
    def answer(body, number):
        service.model = f"tiny-{number}"
        return "fine"

    with serving(answer) as service:
        engine = model(service, parallel=1)
        ask_all(engine, [ask("a"), ask("b")])
    assert engine.usage.as_notes()["models"] == {"tiny-0": 1, "tiny-1": 1}


def test_a_key_comes_from_the_environment_alone(monkeypatch) -> None:
    with serving(lambda body, number: (401, {"error": {"message": "who are you"}}, {})) as service:
        with pytest.raises(PipelineError, match=r"\$NO_SUCH_KEY is not set"):
            ask_all(model(service, key_env="NO_SUCH_KEY"), [ask("Hi.")])
        monkeypatch.setenv("SOME_KEY", "s3cret")
        with pytest.raises(PipelineError, match="status 401") as caught:
            ask_all(model(service, key_env="SOME_KEY"), [ask("Hi.")])
    assert "s3cret" not in str(caught.value) + caught.value.hint
    assert len(service.asked) == 1


@pytest.mark.parametrize(("url", "words"), [("nowhere", "http"), ("http://127.0.0.1:9/v1", "gave no answer")])
def test_an_address_where_nothing_is(url, words) -> None:
    engine = RemoteModel(Endpoint(url=url, model="m", retries=1, first_pause=0.01), "label.llm")
    with pytest.raises(PipelineError, match=words):
        ask_all(engine, [ask("Hi.")])


def test_a_service_that_stops_answering_keeps_what_it_gave() -> None:
    def answer(body, number):
        return "fine" if number < 5 else (503, {"error": {"message": "gone"}}, {})

    questions = [ask(f"{n}") for n in range(9)]
    with serving(answer) as service:
        with pytest.raises(PipelineError, match="stopped answering after 5 answers"):
            ask_all(model(service, parallel=1, retries=1), questions)
        service.answer = echo
        before = len(service.asked)
        ask_all(model(service), questions)
    assert len(service.asked) - before == 4


@pytest.mark.parametrize(
    ("budget", "name"), [({"requests": 3}, "requests: 3"), ({"tokens": 45}, "tokens"), ({"money": 0.00013}, "money")]
)
def test_a_budget_is_never_overdrawn_and_the_next_run_goes_on(budget, name) -> None:
    prices = {"input": 1.0, "output": 4.0}
    questions = [ask(f"number {n}", max_tokens=20) for n in range(10)]
    with serving(echo) as service:
        engine = model(service, budget=budget, prices=prices, parallel=2)
        with pytest.raises(PipelineError, match=f"budget is used up.*{name}"):
            ask_all(engine, questions)
        spent = engine.usage
        assert 0 < spent.requests < 10
        assert not budget.get("requests") or spent.requests <= 3
        assert not budget.get("tokens") or spent.tokens <= 45
        assert not budget.get("money") or spent.money <= 0.00013
        before = len(service.asked)
        ask_all(model(service), questions)
    assert len(service.asked) - before == 10 - spent.requests


def test_what_it_cost_is_what_the_service_counted() -> None:
    with serving(echo) as service:
        engine = model(service, prices={"input": 2.0, "output": 6.0, "currency": "EUR"})
        ask_all(engine, [ask(f"{text} {n}") for n in range(30) for text in TALKS])
    notes = engine.usage.as_notes()
    assert notes["money"] == pytest.approx((service.prompt_tokens * 2 + service.written_tokens * 6) / 1e6, abs=1e-9)
    assert notes["currency"] == "EUR"


def test_a_rate_limit_spaces_requests_out() -> None:
    with serving(echo) as service:
        started = time.monotonic()
        ask_all(model(service, per_minute=600), [ask(f"{n}") for n in range(6)])
    assert time.monotonic() - started >= 0.5
