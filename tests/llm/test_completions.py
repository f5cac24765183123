"""Chat completions: a question as a request, a reply as an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.llm.completions import answer_of, body_of
from pipeline.llm.question import ask

openai = pytest.importorskip("openai.types.chat")
SCHEMA = {"type": "object", "properties": {"label": {"enum": ["好", "bad"]}}}


def reply(text: Any = "好", why: str = "stop", usage: bool = True, **message: Any) -> Any:
    counts = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    return openai.ChatCompletion.model_validate(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "tiny-2",
            "choices": [
                {"index": 0, "finish_reason": why, "message": {"role": "assistant", "content": text, **message}}
            ],
            **({"usage": counts} if usage else {}),
        }
    )


def test_a_question_is_its_turns_and_what_is_asked_of_them() -> None:
    body = body_of(ask("你好", "Be kind.", temperature=0.5, max_tokens=9, seed=3), "tiny", with_schema=True)
    assert body["messages"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "你好"}]
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == ("tiny", 0.5, 9, 3)
    assert not {"logprobs", "response_format"} & body.keys()


def test_a_schema_goes_along_only_where_the_service_holds_answers_to_it() -> None:
    question = ask("x", schema=SCHEMA, logprobs=True)
    assert body_of(question, "m", with_schema=True)["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "response_format" not in body_of(question, "m", with_schema=False)
    assert body_of(question, "m", with_schema=False)["logprobs"] is True


def test_an_answer_is_counted_as_the_service_counts() -> None:
    found = answer_of(ask("x"), reply(reasoning_content="两步"))
    assert (found.text, found.reasoning, found.model, found.is_usable) == ("好", "两步", "tiny-2", True)
    assert (found.prompt_tokens, found.written_tokens, found.estimated) == (7, 2, False)


def test_without_counts_they_are_estimated() -> None:
    found = answer_of(ask("今天天气"), reply("很好", usage=False))
    assert (found.prompt_tokens, found.written_tokens, found.estimated) == (8, 2, True)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (reply("half", "length"), "cut"),
        (reply("", "content_filter"), "refused"),
        (reply(None, refusal="I cannot."), "refused"),
        (reply(None), ""),
    ],
)
def test_what_is_no_whole_answer_says_why(given: Any, problem: str) -> None:
    found = answer_of(ask("x"), given)
    assert (found.problem, found.text) == (problem, given.choices[0].message.content or "")
    assert found.detail == ("I cannot." if given.choices[0].message.refusal else "")


def test_another_form_is_refused() -> None:
    empty = reply().model_copy(update={"choices": []})
    others: tuple[Any, ...] = (empty, json.loads("{}"), None)
    for given in others:
        with pytest.raises(ValueError, match="another form than chat completions"):
            answer_of(ask("x"), given)
