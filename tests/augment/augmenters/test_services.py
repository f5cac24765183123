import itertools
import time

import pytest

from pipeline.augment.augmenters import build
from pipeline.augment.augmenters.request import EngineMissingError, Request, Written, as_written
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.modeling.models import Models
from tests.augment.stand_in import chat, serving


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SFT_CACHE", str(tmp_path))


def endpoint(service, **more):
    return {"url": service.url, "model": "m", "first_pause": 0.01, "retries": 2, "parallel": 2, **more}


def generation(service, requests, mode="paraphrase", **more):
    return [
        as_written(r)
        for r in build("generation", {"mode": mode, "endpoint": endpoint(service, **more)}, Models())(requests)
    ]


def ask(text, lang="en", **more):
    return Request(text, lang, content_id(text), **more)


def test_answers_come_in_order_and_are_kept():
    with serving(lambda body: chat(body["messages"][0]["content"].splitlines()[-1].upper())) as service:
        requests = [ask(f"text number {n}") for n in range(9)]
        first = generation(service, requests)
        assert [r.text for r in first] == [f"TEXT NUMBER {n}" for n in range(9)]
        assert generation(service, requests) == first
        assert len(service.asked) == 9
        assert {body["model"] for body in service.asked} == {"m"}
        assert len({body["seed"] for body in service.asked}) == 9


def test_rate_limited_and_broken_answers_are_asked_again():
    troubles = iter([(429, "slow down", {"retry-after": "0.02"}), (503, "", {}), (200, "no JSON", {})])
    with serving(lambda body: next(troubles, None) or chat("another wording")) as service:
        [result] = generation(service, [ask("some words")], retries=3)
        assert result.text == "another wording"
        assert len(service.asked) == 4


def test_a_service_that_is_down_is_an_engine_that_is_missing():
    with (
        serving(lambda body: (503, "", {})) as service,
        pytest.raises(EngineMissingError, match="no answer in 3 tries"),
    ):
        generation(service, [ask("some words")])
    with pytest.raises(EngineMissingError, match="ConnectError"):
        generation(service, [ask("some words")])  # it has stopped by now


def test_a_slow_service_is_given_up_in_time():
    def slow(body):
        time.sleep(0.5)
        return chat("late")

    with serving(slow) as service, pytest.raises(EngineMissingError, match=r"no whole answer within 0\.05 s|Timeout"):
        generation(service, [ask("some words")], timeout=0.05, retries=1)


def test_a_service_that_falls_silent_stops_the_run_and_the_next_one_goes_on():
    calls = itertools.count()
    requests = [ask(f"text number {n}") for n in range(10)]
    with serving(lambda body: chat("fine words") if next(calls) < 5 else (500, "", {})) as service:
        with pytest.raises(PipelineError, match=r"stopped answering after 5 answers(.|\n)*Run again"):
            generation(service, requests, parallel=1, retries=0)
        service.answer = lambda body: chat("fine words")
        before = len(service.asked)
        assert len(generation(service, requests, parallel=1)) == 10
        assert len(service.asked) - before == 5  # every answer was kept as it came


def test_a_service_that_has_answered_in_an_earlier_run_is_not_missing(monkeypatch):
    with serving(lambda body: chat("fine words")) as service:
        generation(service, [ask("some words")])
        service.answer = lambda body: (503, "", {})
        with pytest.raises(PipelineError, match=r"has answered in an earlier run(.|\n)*answers so far are kept"):
            generation(service, [ask("other words")], retries=0)
        monkeypatch.delenv("NO_SUCH_KEY", raising=False)
        with pytest.raises(PipelineError, match=r"\$NO_SUCH_KEY is not set"):
            generation(service, [ask("other words")], retries=0, key_env="NO_SUCH_KEY")
        assert generation(service, [ask("some words")], retries=0) == [Written("fine words")]
        with pytest.raises(EngineMissingError, match="gave no answer"):
            generation(service, [ask("other words")], retries=0, model="another")


@pytest.mark.parametrize(
    ("status", "says"), [(401, "set key_env"), (404, "Check url and model"), (400, "Check url and model")]
)
def test_a_refusal_names_the_remedy(status, says):
    with serving(lambda body: (status, "no such thing", {})) as service, pytest.raises(PipelineError, match=says):
        generation(service, [ask("some words")])


UNSUPPORTED = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)


UNSUPPORTED = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)


def test_settings_that_a_service_does_not_take_stop_the_run_in_its_own_words():
    with (
        serving(lambda body: (400, {"error": {"message": UNSUPPORTED}}, {})) as service,
        pytest.raises(PipelineError, match="Use 'max_completion_tokens'"),
    ):
        generation(service, [ask("some words")])


def test_what_was_refused_is_asked_again_next_time():
    with serving(lambda body: (400, "prompt is too long", {})) as service:
        assert generation(service, [ask("some words")])[0].problem == "too_long"
        service.answer = lambda body: chat("5")
        assert generation(service, [ask("some words")]) == [Written("5")]


def test_key_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with (
        serving(lambda body: chat("x")) as service,
        pytest.raises(EngineMissingError, match=r"\$NO_SUCH_KEY is not set"),
    ):
        generation(service, [ask("some words")], key_env="NO_SUCH_KEY")


LOOP = "so it goes " * 20


@pytest.mark.parametrize(
    ("reply", "problem", "text"),
    [
        (chat(""), "", ""),
        (chat("Say this in other words with the same meaning. Write only the new sentence:\n"), "", ""),
        (chat("Write only the new sentence"), "", "Write only the new sentence"),
        (chat("some words"), "", "some words"),  # its parent's: the gate calls it unchanged
        (chat("a text without an end", "length"), "endless", "a text without an end"),
        (chat(LOOP), "endless", LOOP.strip()),
        ((400, "maximum context length is 10 tokens", {}), "too_long", ""),
        ((400, "blocked by the content_filter", {}), "refused", ""),
        (chat("I cannot", "content_filter"), "refused", ""),
    ],
)
def test_bad_answers_are_told_by_reason(reply, problem, text):
    with serving(lambda body: reply) as service:
        [result] = generation(service, [ask("some words")])
    assert (result.problem, result.text) == (problem, text)


LINES = "Please translate this to French:\n\nI really like dogs."


@pytest.mark.parametrize(
    ("parent", "reply", "problem", "text"),
    [
        ("Translate:\nI like dogs.", chat(LINES), "", LINES),
        ("Translate:\nI like dogs.", chat(f"Sure, here it is:\n{LINES}"), "", LINES),
        ("Here is a text, translate it:\nI like dogs.", chat("Here is one:\nDogs are fine."), "", None),
        ("Translate:\nI like dogs.", chat(LINES, "length"), "endless", LINES),
        ("I like dogs.", chat("In other words:\nI really like dogs."), "", "I really like dogs."),
    ],
)
def test_texts_of_several_lines_are_paraphrased_whole(parent, reply, problem, text):
    with serving(lambda body: reply) as service:
        [result] = generation(service, [ask(parent)])
    whole = reply[1]["choices"][0]["message"]["content"]
    assert (result.problem, result.text) == (problem, whole if text is None else text)


def test_new_examples_need_a_class():
    with serving(lambda body: chat("another text")) as service:
        both = generation(service, [ask("some words"), ask("more words", label="x")], "new_example")
        assert [r.problem for r in both] == ["no_class", ""]
        assert len(service.asked) == 1


def test_echo_of_another_example_is_told():
    request = ask("where is my card", label="card_arrival", examples=("my card is late", "no card yet"))
    with serving(lambda body: chat("- My card is late.")) as service:
        [result] = generation(service, [request], "new_example")
    assert result.problem == "echo"


@pytest.mark.parametrize(("mode", "lang"), [("new_instruction", "en"), ("evolve", "zh")])
def test_new_instructions_come_with_their_reply(mode, lang):
    def answer(body):
        asked = body["messages"][0]["content"]
        if asked == "Name five rivers":
            return chat("Sure, here they are:\nNile, Po, Rhine, Elbe, Oder.")
        return chat("1. Name five rivers")

    with serving(answer) as service:
        [result] = generation(service, [ask("Name a river", lang)], mode)
        assert result == Written("Name five rivers", "Nile, Po, Rhine, Elbe, Oder.")
        service.answer = lambda body: chat("1. Name a lake") if "river" in body["messages"][0]["content"] else chat("")
        [result] = generation(service, [ask("Name another river", lang)], mode)
        assert result.problem == "empty"


def translation(service, texts, **more):
    place = {name: value for name, value in endpoint(service, **more).items() if name != "model"}
    values = {"engine": "http", "forward": "en-es", "backward": "es-en", "endpoint": place}
    return [as_written(r).text for r in build("back_translation", values, Models())([ask(text) for text in texts])]


def test_back_translation_through_a_service():
    def answer(body):
        if any("long" in text for text in body["q"]):
            return 413, "text too long", {}
        return 200, {"translatedText": [f"{body['target']}({text})" for text in body["q"]]}, {}

    with serving(answer) as service:
        texts = ["see http://a.b now", "a long one", "two"]
        assert translation(service, texts) == ["en(es(see http://a.b now))", "", "en(es(two))"]


def test_a_service_that_breaks_down_on_the_way_back_keeps_what_it_translated():
    def answer(body):
        if body["target"] == "en":
            return 503, "", {}
        return 200, {"translatedText": [f"es({text})" for text in body["q"]]}, {}

    texts = [f"text number {n}" for n in range(40)]
    with serving(answer) as service:
        with pytest.raises(PipelineError, match="stopped answering after 3 answers"):
            translation(service, texts, retries=0)
        service.asked.clear()
        calls = itertools.count()
        service.answer = lambda body: (200, {"translatedText": body["q"]}, {}) if next(calls) < 2 else (503, "", {})
        with pytest.raises(PipelineError, match="stopped answering after 2 answers"):
            translation(service, texts, retries=0)
        assert {body["target"] for body in service.asked} == {"en"}  # the way there is kept
        service.asked.clear()
        service.answer = lambda body: (200, {"translatedText": body["q"]}, {})
        assert translation(service, texts) == [f"es({text})" for text in texts]
        assert [len(body["q"]) for body in service.asked] == [8]  # and the first batch of two requests back


def test_a_service_of_another_kind_is_named():
    with serving(lambda body: (200, {"choices": []}, {})) as service:
        with pytest.raises(EngineMissingError, match="another form than chat completions"):
            generation(service, [ask("some words")])
        with pytest.raises(PipelineError, match="gave no list of 1 translations"):
            translation(service, ["some words"])


def test_a_service_without_an_address_is_named():
    with pytest.raises(EngineMissingError, match="endpoint is not set"):
        build("back_translation", {"engine": "http"}, Models())
    with pytest.raises(PipelineError, match="'en' is no direction"):
        build("back_translation", {"engine": "http", "forward": "en", "endpoint": {"url": "http://x"}}, Models())


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://[", ""])
def test_a_wrong_address_is_named(url):
    values = {"endpoint": {"url": url, "model": "m", "retries": 0, "timeout": 2}}
    with pytest.raises((PipelineError, EngineMissingError), match="endpoint"):
        build("generation", values, Models())([ask("some words")])
