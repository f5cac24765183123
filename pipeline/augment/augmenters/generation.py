"""New texts from a language model: paraphrases, new examples of a class, new or harder instructions with their replies.

The model is local (`models.generator`) or behind an OpenAI-compatible endpoint. Slow on a CPU (seconds a text), so off
unless asked for. Prompts hold training records only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from pipeline.augment.augmenters.availability import guarded, missing
from pipeline.augment.augmenters.endpoint import Client, Endpoint, RefusedError
from pipeline.augment.augmenters.prompts import echoes, prompt, runs_on, tidy, tidy_lines, tidy_reply
from pipeline.augment.augmenters.request import EngineMissingError, Request, Rewrite, Written
from pipeline.augment.policy import MethodSettings
from pipeline.core.cache import Unkept, cached
from pipeline.core.errors import PipelineError
from pipeline.modeling.lm.instructions import filled
from pipeline.modeling.lm.rows import as_turns
from pipeline.modeling.models import Models, identity, revision

_WHERE = "augment.methods.generation"
_WITH_REPLY = ("new_instruction", "evolve")
#: Questions (seed, prompt or turns, most tokens) -> answers as {"text", "ended", "too_long"}.
Ask = Callable[[list[str]], list[bytes]]


class Generation(MethodSettings):
    """Settings of generation. The model is `models.generator`, or `endpoint` where that is given."""

    # paraphrase: the text in other words. new_example: one more of its class, for tasks with classes.
    # new_instruction: a new task and its reply (Wang et al. 2022, https://arxiv.org/abs/2212.10560); evolve: the task
    # made harder and a reply to it. For chat; where texts are translated or summarised, new_instruction writes one more
    # text of their kind, and its reply is asked with the task's instruction.
    mode: Literal["paraphrase", "new_example", "new_instruction", "evolve"] = "paraphrase"
    endpoint: Endpoint | None = None
    temperature: float = Field(default=0.8, ge=0, le=2)  # 0: always the likeliest token
    max_tokens: int = Field(default=64, ge=1, le=4096)  # of a text; longer ones are refused as `endless`
    max_reply_tokens: int = Field(default=256, ge=1, le=8192)  # of a reply to a new instruction

    @property
    def is_new(self) -> bool:
        """Children say something else than their parents do."""
        return self.mode != "paraphrase"


def build(settings: Generation, models: Models) -> Rewrite:
    """Ask the model per request; answers are cached by model, prompt, seed and settings."""
    if settings.endpoint is not None:
        version, ask = f"{settings.endpoint.url} {settings.endpoint.model}", _remote(settings.endpoint, settings)
        batch = 4 * settings.endpoint.parallel
    else:
        version, ask, batch = *_local(settings, models), 32
    return partial(_rewrite, settings, f"{version} {settings.temperature}", ask, batch)


def _rewrite(settings: Generation, version: str, ask: Ask, batch: int, requests: Sequence[Request]) -> list[Written]:
    _check(settings.mode, requests)
    results = [Written("", problem="no_class", detail="new_example needs a class") for _ in requests]
    able = [n for n, request in enumerate(requests) if settings.mode != "new_example" or request.label is not None]
    asked = [prompt(requests[n], settings.mode) for n in able]
    questions = [_question(requests[n].seed, p, settings.max_tokens) for n, p in zip(able, asked, strict=True)]
    answers = cached("generation", version, questions, ask, batch)
    for n, answer, p in zip(able, answers, asked, strict=True):
        # One line is asked for, but a text of several lines in other words has several as well.
        has_lines = settings.mode in ("paraphrase", "evolve") and "\n" in requests[n].text.strip()
        results[n] = _text(json.loads(answer), p, requests[n].text, has_lines)
    if settings.mode not in _WITH_REPLY:
        return results
    good = [n for n, result in enumerate(results) if result.text and not result.problem]
    questions = [_reply_question(requests[n], results[n].text, settings.max_reply_tokens) for n in good]
    for n, answer in zip(good, cached("generation", version, questions, ask, batch), strict=True):
        results[n] = _with_reply(results[n].text, json.loads(answer))
    return results


def _check(mode: str, requests: Sequence[Request]) -> None:
    where = f"params.yaml: {_WHERE}.mode: {mode}"
    if mode in _WITH_REPLY and any(request.prompt_template is None for request in requests):
        raise PipelineError(
            f"{where} writes a new text and the reply to it, but the targets of this task are no free texts.",
            "Use paraphrase, or new_example where the task has classes.",
        )
    if mode == "evolve" and any(request.is_material for request in requests):
        raise PipelineError(
            f"{where} makes a task harder, but the texts here are what the task is done with.",
            "Use new_instruction, which writes one more text of their kind, or paraphrase.",
        )


def _question(seed: str, asked: str | list[dict[str, str]], tokens: int) -> str:
    return json.dumps([seed, asked, tokens], ensure_ascii=False)


def _reply_question(request: Request, text: str, tokens: int) -> str:
    """Asked as the task asks it, under the system turn that the child will have."""
    turns = [{"role": "system", "content": turn} for turn in request.system]
    return _question(
        request.seed, [*turns, {"role": "user", "content": filled(request.prompt_template or "{text}", text)}], tokens
    )


def _wants_its_end(raw: str, has_lines: bool) -> bool:
    """Whether an answer that was cut lacks something: of one line, what follows the line is not used."""
    return has_lines or "\n" not in raw.strip()


def _text(answer: dict[str, object], asked: str, parent: str, has_lines: bool) -> Written:
    """The answer as a child's text, with the reason where it is no use."""
    if answer["too_long"]:
        return Written("", problem="too_long", detail="the prompt is longer than the model's window")
    raw = str(answer["text"])
    text = tidy_lines(raw, parent) if has_lines else tidy(raw)
    if runs_on(text) or (not answer["ended"] and _wants_its_end(raw, has_lines)):
        return Written(text, problem="endless", detail="the answer did not end within max_tokens, or repeats itself")
    if echoes(text, asked) and text != parent:
        return Written(text, problem="echo", detail="the answer is a line of the prompt")
    return Written(text)


def _with_reply(text: str, answer: dict[str, object]) -> Written:
    reply = tidy_reply(str(answer["text"]))
    if answer["too_long"]:
        return Written(text, problem="too_long", detail="the new instruction is longer than the model's window")
    if not reply:
        return Written(text, problem="empty", detail="no reply to the new instruction")
    if not answer["ended"] or runs_on(reply):
        return Written(text, reply, "endless", "the reply did not end within max_reply_tokens, or repeats itself")
    if echoes(reply, text):
        return Written(text, reply, "echo", "the reply is the text that was to be answered")
    return Written(text, reply)


def _local(settings: Generation, models: Models) -> tuple[str, Ask]:
    from pipeline.modeling.lm.generation import CausalLM

    if models.generator is None:
        raise EngineMissingError(
            "models.generator is not set", f"Name a causal language model there, or an endpoint: {_WHERE}.endpoint"
        )
    engine = revision(models.generator)
    try:
        model = CausalLM(models.generator)
    except PipelineError as error:
        raise missing(engine, error.message, error.hint) from None

    def ask(questions: list[str]) -> list[bytes]:
        asked = [json.loads(question) for question in questions]
        results = [b""] * len(asked)
        for tokens in sorted({limit for _, _, limit in asked}):
            rows = [n for n, (_, _, limit) in enumerate(asked) if limit == tokens]
            answers = model.answers(
                [asked[n][1] for n in rows], [asked[n][0] for n in rows], settings.temperature, tokens
            )
            for n, answer in zip(rows, answers, strict=True):
                results[n] = _packed(answer.text, answer.ended, answer.too_long)
        return results

    return identity(models.generator), guarded(engine, ask)


def _remote(endpoint: Endpoint, settings: Generation) -> Ask:
    client = Client(endpoint, f"{_WHERE}.endpoint")

    def ask(questions: list[str]) -> list[bytes]:
        bodies = [
            {
                "model": endpoint.model,
                "messages": as_turns(asked),
                "temperature": settings.temperature,
                "max_tokens": tokens,
                "seed": int(seed[:7], 16),
            }
            for seed, asked, tokens in map(json.loads, questions)
        ]
        return [_unpack(reply, endpoint) for reply in client.ask_all("/chat/completions", bodies)]

    return ask


def _unpack(reply: object, endpoint: Endpoint) -> bytes:
    if isinstance(reply, RefusedError):
        return Unkept(_packed("", False, too_long=True))  # the service may be given a longer window
    try:
        choice = reply["choices"][0]  # type: ignore[index]
        text, why = choice["message"]["content"], choice.get("finish_reason")
    except (TypeError, KeyError, IndexError):
        raise PipelineError(
            f"{_WHERE}.endpoint: {endpoint.url} answered in another form than chat completions.",
            "Give the address up to and with /v1 of an OpenAI-compatible service.",
        ) from None
    return _packed(text or "", why != "length")


def _packed(text: str, ended: bool, too_long: bool = False) -> bytes:
    return json.dumps({"text": text, "ended": ended, "too_long": too_long}, ensure_ascii=False).encode()
