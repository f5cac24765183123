"""The one way to ask a language model: cached, masked, held to schemas, counted.

What was answered once is never asked again, also after a kill: each answer is stored as it arrives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from pipeline.core.cache import keeping, known
from pipeline.core.json_types import Json
from pipeline.core.progress import Progress
from pipeline.llm.question import Answer, Question
from pipeline.llm.structured import broken, complaint, with_schema_in_prompt
from pipeline.llm.usage import Usage
from pipeline.text.personal_data import Found, find, masked

#: Problems that hold for this run only: a service may be given a longer window, a milder filter.
_PASSING = ("too_long", "refused")
_STEP = "llm"


class Engine(Protocol):
    """A model that can be asked: behind a service (remote.py) or on this machine (local.py)."""

    usage: Usage

    @property
    def masks_personal_data(self) -> bool:
        """Whether placeholders stand for personal data and secrets in whatever is sent to it."""

    @property
    def version(self) -> str:
        """What names the model for the cache: address and name, or its weights."""

    def answer_all(self, questions: Sequence[Question], on_answer: Callable[[Question, Answer], None]) -> None:
        """Ask every question; `on_answer` gets each answer as soon as it is there."""


def ask_all(engine: Engine, questions: Sequence[Question]) -> list[Answer]:
    """One answer to each question, in order. Questions that are equal are asked once.

    Personal data and secrets are masked before anything leaves, where the engine says so. Answers that should have
    a schema and break it are asked for once more; what breaks it again has the problem `not_json`. Raises
    PipelineError as the engine does (a dead service, a budget that is used up); answers so far are kept then.
    """
    sent = [_prepared(question, engine) for question in questions]
    answers = _cached(engine, sent)
    wrong = broken(questions, answers)
    again = {n: sent[n].retold(answers[n].text, complaint(problem)) for n, problem in wrong.items()}
    second = dict(zip(again, _cached(engine, list(again.values())), strict=True))
    still = broken([questions[n] for n in second], list(second.values()))
    for place, n in enumerate(second):
        answers[n] = second[n]
        if place in still:
            answers[n] = replace(second[n], problem="not_json", detail=still[place])
    return answers


def unanswered(engine: Engine, questions: Sequence[Question]) -> list[Question]:
    """The questions that a run would have to send, each once: for a forecast of its cost."""
    sent = {question.key(): question for question in (_prepared(question, engine) for question in questions)}
    found = known(_STEP, engine.version, list(sent))
    return [question for key, question in sent.items() if key not in found]


def _prepared(question: Question, engine: Engine) -> Question:
    if engine.masks_personal_data:
        known: dict[tuple[str, str], str] = {}
        turns = tuple((role, _masked(content, known)) for role, content in question.turns)
        beside = tuple(_masked_json(one, known) for one in question.beside)
        question = replace(question, turns=turns, beside=beside)
    return with_schema_in_prompt(question)


def _masked(text: str, known: dict[tuple[str, str], str]) -> str:
    return masked(text, _private(text), known)


def _masked_json(text: str, known: dict[tuple[str, str], str]) -> str:
    """JSON with its texts masked, arguments of calls among them, which are JSON in a text; a number may be private."""

    def mask(value: Json) -> Json:
        if isinstance(value, str):
            return _masked(value, known)
        if isinstance(value, Mapping):
            return {
                name: _masked_json(str(one), known) if name == "arguments" and _is_json(one) else mask(one)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [mask(one) for one in value]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return _masked(str(value), known) if is_number and _private(str(value)) else value

    return json.dumps(mask(json.loads(text)), ensure_ascii=False, sort_keys=True) if text else text


def _is_json(value: Json) -> bool:
    try:
        json.loads(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


def _private(text: str) -> list[Found]:
    """Personal data and secrets; an IP address alone is nobody's."""
    return [span for span in find(text) if span[2] != "ip"]


def _cached(engine: Engine, questions: Sequence[Question]) -> list[Answer]:
    keys = [question.key() for question in questions]
    found = {key: Answer.load(value) for key, value in known(_STEP, engine.version, sorted(set(keys))).items()}
    for answer in found.values():
        engine.usage.count_cached(answer)
    missing = {key: question for key, question in zip(keys, questions, strict=True) if key not in found}
    if missing:
        with keeping(_STEP, engine.version) as keep:
            progress = Progress("questions asked", len(missing))

            def on_answer(question: Question, answer: Answer) -> None:
                found[question.key()] = answer
                if answer.problem not in _PASSING:
                    keep(question.key(), answer.dump())
                progress.add()

            engine.answer_all(list(missing.values()), on_answer)
    return [found[key] for key in keys]
