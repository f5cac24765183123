"""New texts from a causal language model: paraphrases, or new examples of a class from a few of its own.

Slow on a CPU (seconds a text), so off unless asked for. Prompts hold training records only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from pipeline.augment.augmenters.request import EngineMissingError, Request, Rewrite
from pipeline.augment.policy import MethodSettings
from pipeline.cache import cached
from pipeline.errors import PipelineError
from pipeline.modeling.models import Models, revision

_SEPARATOR = "\x1e"


class Generation(MethodSettings):
    """Settings of generation. The model is `models.generator`."""

    mode: Literal["paraphrase", "new_example"] = (
        "paraphrase"  # new_example: from few-shot prompts, for tasks with classes
    )
    temperature: float = Field(default=0.8, ge=0, le=2)  # 0: always the likeliest token
    max_tokens: int = Field(default=64, ge=1, le=2048)  # of an answer; longer ones are cut, then cut to a whole line


def build(settings: Generation, models: Models) -> Rewrite:
    """Ask the model per request; answers are cached by prompt, seed and settings."""
    from pipeline.modeling.generation import CausalLM

    if models.generator is None:
        raise EngineMissingError(
            "models.generator is not set", "Name a causal language model in params.yaml: models.generator"
        )
    try:
        model = CausalLM(models.generator)
    except PipelineError as error:
        raise EngineMissingError(error.message, error.hint) from None
    version = f"{revision(models.generator)} {settings.temperature} {settings.max_tokens}"

    def answer(inputs: list[str]) -> list[bytes]:
        pairs = [text.split(_SEPARATOR, 1) for text in inputs]
        return [model.answer(p, seed, settings.temperature, settings.max_tokens).encode() for seed, p in pairs]

    def rewrite(requests: Sequence[Request]) -> list[str]:
        inputs = [f"{request.seed}{_SEPARATOR}{prompt(request, settings.mode)}" for request in requests]
        return [tidy(result.decode()) for result in cached("generation", version, inputs, answer, batch=8)]

    return rewrite


def prompt(request: Request, mode: str) -> str:
    """What the model is asked, in the text's own language."""
    chinese = request.lang == "zh"
    if mode == "new_example" and request.label is not None:
        shown = "\n".join(f"- {' '.join(text.split())}" for text in (request.text, *request.examples))
        if chinese:
            return f"下面是类别“{request.label}”的例子：\n{shown}\n请再写一个同类别的新例子，只写一行。"
        return (
            f"Examples of the class '{request.label}':\n{shown}\nWrite one more new example of this class, on one line."
        )
    if chinese:
        return f"请用不同的说法改写下面的话，意思不变，只写改写后的一句：\n{request.text}"
    return f"Say this in other words with the same meaning. Write only the new sentence:\n{request.text}"


def tidy(answer: str) -> str:
    """The first line that says something, without list marks, quotes and 'Here is ...:' lines."""
    for line in answer.splitlines():
        text = re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", line).strip().strip("\"“”'").strip()
        if text and not re.search(r"[:：]$", text):
            return text
    return ""
