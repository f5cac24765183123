"""New texts from a language model: paraphrases, new examples of a class, new or harder instructions with their replies.

The model is local (`models.generator`) or behind an OpenAI-compatible endpoint. Slow on a CPU (seconds a text), so off
unless asked for. Prompts hold training records only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from pipeline.augment.augmenters.availability import missing, note_answer
from pipeline.augment.augmenters.prompts import echoes, prompt, runs_on, tidy, tidy_lines, tidy_reply
from pipeline.augment.augmenters.request import EngineMissingError, NothingAskedError, Request, Rewrite, Written
from pipeline.augment.policy import MethodSettings
from pipeline.core.errors import PipelineError
from pipeline.llm.client import Engine, ask_all
from pipeline.llm.dry_run import Planned, dry_run
from pipeline.llm.question import Answer, Question
from pipeline.llm.request_window import NoServiceError
from pipeline.llm.settings import Endpoint
from pipeline.modeling.lm.instructions import filled
from pipeline.modeling.lm.local_engine import open_model
from pipeline.modeling.models import ModelMissingError, Models, revision

_WHERE = "augment.methods.generation"
_WITH_REPLY = ("new_instruction", "evolve")
#: Problems of an answer that leave no text to use.
_NO_TEXT = {"too_long": "the prompt is longer than the model's window", "refused": "the model or its service declined"}
Ask = Callable[[Sequence[Question]], Sequence[Answer]]


class Generation(MethodSettings):
    """Settings of generation. The model is `models.generator`, or `endpoint` where that is given."""

    # paraphrase: the text in other words. new_example: one more of its class, for tasks with classes.
    # new_instruction: a new task and its reply (Wang et al. 2022, https://arxiv.org/abs/2212.10560); evolve: the task
    # made harder and a reply to it. For chat; where texts are translated or summarised, new_instruction writes one more
    # text of their kind, and its reply is asked with the task's instruction.
    mode: Literal["paraphrase", "new_example", "new_instruction", "evolve"] = "paraphrase"
    endpoint: Endpoint | None = None
    temperature: float = Field(default=0.8, ge=0, le=2)  # 0: always the likeliest token; a guess: not measured
    # `max_tokens` is a guess: not measured.
    max_tokens: int = Field(default=64, ge=1, le=4096)  # of a text; longer ones are refused as `endless`
    max_reply_tokens: int = Field(default=256, ge=1, le=8192)  # of a reply to a new instruction; a guess: not measured
    dry_run: bool = False  # count what would be asked and what it would cost, and ask nothing

    @property
    def is_new(self) -> bool:
        """Children say something else than their parents do."""
        return self.mode != "paraphrase"


def build(settings: Generation, models: Models) -> Rewrite:
    """Ask the model per request; answers are cached by model and question (`pipeline.llm.client`)."""
    asked = settings.endpoint or models.generator
    if asked is None:
        raise EngineMissingError(
            "models.generator is not set", f"Name a causal language model there, or an endpoint: {_WHERE}.endpoint"
        )
    name = f"{asked.url} {asked.model}" if isinstance(asked, Endpoint) else revision(asked)
    try:
        engine = open_model(settings.endpoint, models, f"{_WHERE}.endpoint")
    except PipelineError as error:
        raise missing(name, error.message, error.hint) from None
    if settings.dry_run:
        return partial(_foretell, settings, engine)
    return partial(_rewrite, settings, partial(_ask, engine, name))


def _foretell(settings: Generation, engine: Engine, requests: Sequence[Request]) -> list[Written]:
    """Raises NothingAskedError with what texts, and the replies to them, would cost."""
    _check(settings.mode, requests)
    able = [request for request in requests if _is_able(settings.mode, request)]
    planned = {"texts": Planned(engine, _text_questions(settings, able))}
    if settings.mode in _WITH_REPLY:
        planned["replies"] = Planned(engine, [_reply_question(settings, r, "") for r in able], settings.max_tokens)
    raise NothingAskedError(dry_run(f"{_WHERE}.dry_run", planned))


def _ask(engine: Engine, name: str, questions: Sequence[Question]) -> Sequence[Answer]:
    """Answers; EngineMissingError for an engine that has never answered (availability.py)."""
    try:
        return ask_all(engine, questions)
    except (NoServiceError, ModelMissingError) as error:
        raise missing(name, error.message, error.hint) from None
    finally:
        if engine.usage.requests:
            note_answer(name)


def _rewrite(settings: Generation, ask: Ask, requests: Sequence[Request]) -> list[Written]:
    _check(settings.mode, requests)
    results = [Written("", problem="no_class", detail="new_example needs a class") for _ in requests]
    able = [n for n, request in enumerate(requests) if _is_able(settings.mode, request)]
    questions = _text_questions(settings, [requests[n] for n in able])
    for n, answer, question in zip(able, ask(questions), questions, strict=True):
        # One line is asked for, but a text of several lines in other words has several as well.
        has_lines = settings.mode in ("paraphrase", "evolve") and "\n" in requests[n].text.strip()
        results[n] = _text(answer, question.turns[0][1], requests[n].text, has_lines)
    if settings.mode in _WITH_REPLY:
        _add_replies(settings, ask, requests, results)
    return results


def _add_replies(settings: Generation, ask: Ask, requests: Sequence[Request], results: list[Written]) -> None:
    """Ask for a reply to every text that was written without a problem."""
    good = [n for n, result in enumerate(results) if result.text and not result.problem]
    questions = [_reply_question(settings, requests[n], results[n].text) for n in good]
    for n, answer in zip(good, ask(questions), strict=True):
        results[n] = _with_reply(results[n].text, answer)


def _is_able(mode: str, request: Request) -> bool:
    return mode != "new_example" or request.label is not None


def _text_questions(settings: Generation, requests: Sequence[Request]) -> list[Question]:
    turns = [(("user", prompt(request, settings.mode)),) for request in requests]
    return [_question(r, t, settings, settings.max_tokens) for r, t in zip(requests, turns, strict=True)]


def _reply_question(settings: Generation, request: Request, text: str) -> Question:
    return _question(request, _reply_turns(request, text), settings, settings.max_reply_tokens)


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


def _question(request: Request, turns: tuple[tuple[str, str], ...], settings: Generation, max_tokens: int) -> Question:
    return Question(turns, max_tokens, settings.temperature, seed=int(request.seed[:7], 16))


def _reply_turns(request: Request, text: str) -> tuple[tuple[str, str], ...]:
    """Asked as the task asks it, under the system turn that the child will have."""
    system = tuple(("system", turn) for turn in request.system)
    return (*system, ("user", filled(request.prompt_template or "{text}", text)))


def _wants_its_end(raw: str, has_lines: bool) -> bool:
    """Whether an answer that was cut lacks something: of one line, what follows the line is not used."""
    return has_lines or "\n" not in raw.strip()


def _text(answer: Answer, asked: str, parent: str, has_lines: bool) -> Written:
    """The answer as a child's text, with the reason where it is no use."""
    if answer.problem in _NO_TEXT:
        return Written("", problem=answer.problem, detail=_NO_TEXT[answer.problem])
    text = tidy_lines(answer.text, parent) if has_lines else tidy(answer.text)
    if runs_on(text) or (answer.problem == "cut" and _wants_its_end(answer.text, has_lines)):
        return Written(text, problem="endless", detail="the answer did not end within max_tokens, or repeats itself")
    if echoes(text, asked) and text != parent:
        return Written(text, problem="echo", detail="the answer is a line of the prompt")
    return Written(text)


def _with_reply(text: str, answer: Answer) -> Written:
    if answer.problem in _NO_TEXT:
        return Written(text, problem=answer.problem, detail=f"asked for the reply: {_NO_TEXT[answer.problem]}")
    reply = tidy_reply(answer.text)
    if not reply:
        return Written(text, problem="empty", detail="no reply to the new instruction")
    if answer.problem == "cut" or runs_on(reply):
        return Written(text, reply, "endless", "the reply did not end within max_reply_tokens, or repeats itself")
    if echoes(reply, text):
        return Written(text, reply, "echo", "the reply is the text that was to be answered")
    return Written(text, reply)
