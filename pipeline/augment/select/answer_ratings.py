"""A language model as judge of answers: one rating each, through an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pipeline.augment.augmenters.endpoint import Client, Endpoint, RefusedError
from pipeline.augment.augmenters.request import EngineMissingError
from pipeline.core.cache import Unkept, cached
from pipeline.core.errors import PipelineError

_WHERE = "augment.select.judge"
#: After the rating scale of AlpaGasus (Chen et al. 2023, https://arxiv.org/abs/2307.08701).
_PROMPT = (
    "Rate how accurate and helpful the answer is, from 1 (useless) to 5 (excellent). Write only the number.\n"
    "### Question\n{question}\n### Answer\n{answer}\n### Rating"
)
_RATING = re.compile(r"(?<![\d.])([1-5])(?:\.(\d+))?(?!\d)")
#: What an answer gets whose rating could not be read: the middle of the scale.
_UNREADABLE = 3.0


def ratings(endpoint: Endpoint, questions: Sequence[str], answers: Sequence[str]) -> list[float]:
    """The judge's rating of each answer, 1 to 5; cached. Raises PipelineError where the judge does not answer."""
    client = Client(endpoint, _WHERE)

    def ask(batch: list[str]) -> list[bytes]:
        bodies = [
            {
                "model": endpoint.model,
                "messages": [{"role": "user", "content": _PROMPT.format(question=q, answer=a)}],
                "temperature": 0,
                "max_tokens": 8,
            }
            for q, a in map(json.loads, batch)
        ]
        return [_rating(reply) for reply in client.ask_all("/chat/completions", bodies)]

    inputs = [json.dumps(pair, ensure_ascii=False) for pair in zip(questions, answers, strict=True)]
    try:
        found = cached("judge", f"{endpoint.url} {endpoint.model} {_PROMPT}", inputs, ask, 4 * endpoint.parallel)
    except EngineMissingError as error:
        raise PipelineError(f"{error.what}.", error.remedy) from None
    return [float(value) for value in found]


def _rating(reply: object) -> bytes:
    if isinstance(reply, RefusedError):
        return Unkept(str(_UNREADABLE).encode())  # the service may be given a longer window
    try:
        text = str(reply["choices"][0]["message"]["content"])  # type: ignore[index]
    except (TypeError, KeyError, IndexError):
        raise PipelineError(
            f"{_WHERE}: the service answered in another form than chat completions.", "Give the address up to /v1."
        ) from None
    match = _RATING.search(text)
    return str(float(match.group()) if match else _UNREADABLE).encode()
