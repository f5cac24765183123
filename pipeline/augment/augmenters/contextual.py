"""Contextual substitution: a masked language model says which words fit in a word's place.

Method: Kobayashi 2018, https://arxiv.org/abs/1805.06201, without the label condition: the gate checks labels.
A model knows what fits, not what means the same: expect more refusals than from synonyms.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from pydantic import Field

from pipeline.augment.augmenters.availability import guarded, missing
from pipeline.augment.augmenters.request import EngineMissingError, Request, Rewrite
from pipeline.augment.augmenters.wordnet import STOP_WORDS
from pipeline.augment.augmenters.words import is_fixed, word_spans
from pipeline.augment.policy import MethodSettings
from pipeline.core.errors import PipelineError
from pipeline.modeling.models import Model, revision

_WHERE = "augment.methods.contextual.model"


class Contextual(MethodSettings):
    """Settings of contextual."""

    model: Model | None = None  # an encoder with its masked-language-model head, such as a BERT folder or hub name
    # `word_share`: as much as such models were trained to fill in (Devlin et al. 2019, https://arxiv.org/abs/1810.04805).
    word_share: float = Field(default=0.15, gt=0, le=1)  # of a text's words; at least one word
    top: int = Field(default=5, ge=1, le=100)  # likeliest words to draw from; a guess: not measured
    # `min_probability` is a guess: not measured.
    min_probability: float = Field(default=0.02, ge=0, le=1)  # a word less likely than this does not fit


def build(settings: Contextual, models: object) -> Rewrite:
    """Some words replaced by others that the model expects there; its answers are cached per word and sentence."""
    from pipeline.modeling.lm.masked import MaskedLM

    if settings.model is None:
        raise EngineMissingError(f"{_WHERE} is not set", f"Name a masked language model in params.yaml: {_WHERE}")
    engine = revision(settings.model)
    try:
        model = MaskedLM(settings.model, _WHERE)
    except PipelineError as error:
        raise missing(engine, error.message, error.hint) from None
    fillers = guarded(engine, partial(model.fillers, top=settings.top, min_probability=settings.min_probability))

    def rewrite(requests: Sequence[Request]) -> list[str]:
        drawn = [_spans(request, settings.word_share) for request in requests]
        questions = [(r.text, a, b) for r, spans in zip(requests, drawn, strict=True) for a, b in spans]
        answers = iter(fillers(questions))
        return [
            _fill(request, [(span, next(answers)) for span in spans])
            for request, spans in zip(requests, drawn, strict=True)
        ]

    return rewrite


def _spans(request: Request, word_share: float) -> list[tuple[int, int]]:
    """Which words are replaced: drawn from those that may be, in order of place."""
    words = word_spans(request.text)
    kept = {request.text[a:b].lower() for a, b in words if is_fixed(request.text[a:b])}
    kept |= {part[a:b].lower() for part in request.protected for a, b in word_spans(part)} | STOP_WORDS
    free = [(a, b) for a, b in words if request.text[a:b].lower() not in kept]
    number = min(len(free), max(1, round(word_share * len(words))))
    return sorted(random.Random(request.seed).sample(free, number))


def _fill(request: Request, found: Sequence[tuple[tuple[int, int], list[str]]]) -> str:
    text, rng = request.text, random.Random(f"{request.seed} fill")
    for (start, end), fillers in reversed(found):
        if fillers:
            text = text[:start] + rng.choice(fillers) + text[end:]
    return text
