"""Language models on this machine, asked as those behind a service are (`pipeline.llm.client`).

Nothing leaves the machine, so nothing is masked. JSON schemas stand in the prompt, and answers are held to them after.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict

from pipeline.core.conversation import Conversation, from_row
from pipeline.core.errors import PipelineError
from pipeline.llm.client import Engine
from pipeline.llm.question import Answer, Problem, Question
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
from pipeline.llm.usage import Usage
from pipeline.modeling.lm import generation
from pipeline.modeling.lm.llama_cpp import LlamaCpp
from pipeline.modeling.models import Model, Models, identity, revision

#: Questions between two writings of answers to the cache: what a kill costs at most. A guess: not measured.
_PART = 16


class LocalModel:
    """`models.generator` through transformers; device and number format by `pipeline.modeling.device`."""

    masks_personal_data = False

    def __init__(self, model: Model) -> None:
        self.usage = Usage()
        self.version = f"local {identity(model)}"
        self._name = revision(model)
        self._model = generation.CausalLM(model)

    def answer_all(self, questions: Sequence[Question], on_answer: Callable[[Question, Answer], None]) -> None:
        """Ask every question, those of one temperature and length together; an answer depends on no neighbour."""
        alike: dict[tuple[float, int], list[Question]] = defaultdict(list)
        for question in questions:
            alike[question.temperature, question.max_tokens].append(question)
        for (temperature, max_tokens), some in sorted(alike.items()):
            for start in range(0, len(some), _PART):
                part = some[start : start + _PART]
                prompts = [_prompt(one) for one in part]
                seeds = [f"{one.seed % (1 << 32):08x}" for one in part]
                written = self._model.answers(prompts, seeds, temperature, max_tokens)
                for question, one in zip(part, written, strict=True):
                    answer = self._answer(question, one)
                    self.usage.count(answer)
                    on_answer(question, answer)

    def _answer(self, question: Question, one: generation.Answer) -> Answer:
        problem: Problem = "refused" if one.refused else "too_long" if one.too_long else "" if one.ended else "cut"
        text, reasoning, calls = one.text, "", ""
        if question.tools and not problem:
            message = self._model.message(one.raw, json.loads(question.tools))
            text, reasoning = message.content, message.reasoning
            called = [asdict(call) for call in message.tool_calls]
            calls = json.dumps(called, ensure_ascii=False) if called else ""
        return Answer(
            text,
            problem,
            one.refused,
            reasoning,
            logprob=one.logprob if question.logprobs and not one.too_long else None,
            prompt_tokens=one.prompt_tokens,
            written_tokens=one.written_tokens,
            model=self._name,
            calls=calls,
        )


def _prompt(question: Question) -> Conversation | list[dict[str, str]]:
    """A question with tools, or with calls in it, as a conversation; of others the turns alone."""
    if not question.tools and not question.beside:
        return [{"role": role, "content": text} for role, text in question.turns]
    return from_row({"messages": question.messages(), "tools": question.tools})


def open_model(endpoint: Endpoint | None, models: Models, where: str) -> Engine:
    """The model behind `endpoint`; without one `models.generator` on this machine, by `models.generator_engine`.

    Raises PipelineError where there is neither, or no such folder.
    """
    if endpoint is not None:
        return RemoteModel(endpoint, where)
    if models.generator is None:
        raise PipelineError(
            f"{where} is not set, and neither is models.generator.", "Name a service, or a model on this machine."
        )
    return (LlamaCpp if models.generator_engine == "llama.cpp" else LocalModel)(models.generator)


def name_of(endpoint: Endpoint | None, models: Models) -> str:
    """What the model of `open_model` is called in reports and in `labels_by`."""
    if endpoint is not None:
        return endpoint.model
    return revision(models.generator) if models.generator else ""
