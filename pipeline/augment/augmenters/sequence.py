"""Method `sequence`: several other methods in turn, each on what the one before it wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from pipeline.augment.augmenters.nlpaug_flow import steps_given
from pipeline.augment.augmenters.request import Request, Rewrite, Written, as_written
from pipeline.augment.augmenters.single import SINGLE, Method
from pipeline.augment.policy import MethodSettings
from pipeline.core.errors import PipelineError
from pipeline.core.record import content_id
from pipeline.core.registry import pick
from pipeline.core.settings import parse
from pipeline.modeling.models import Models

_WHERE = "params.yaml: augment.methods.sequence"
#: Settings that a sequence has as a whole, so that its members must not have them.
_OF_THE_WHOLE = frozenset(MethodSettings.model_fields) - {"languages"}


class Sequential(MethodSettings):
    """Settings of sequence."""

    of: tuple[dict[str, Any], ...] = ()  # each: {method: <name>, <that method's own settings>}

    @property
    def is_new(self) -> bool:
        """Once a member says something new, the child does."""
        return any(settings.is_new for _, settings in self._members)

    @property
    def label_is_given(self) -> bool:
        """Only the last member's text is surely of its class: what reworded it since may have turned it round."""
        return self._members[-1][1].label_is_given

    def check(self, where: str) -> None:
        """Names and settings of the members."""
        _members(self.of, where)

    @cached_property
    def _members(self) -> list[tuple[Method, MethodSettings]]:
        return _members(self.of, _WHERE)


def build(settings: Sequential, models: Models) -> Rewrite:
    """Each method rewrites what the one before it wrote; whole batches, so that engines keep their speed."""
    return partial(_in_turn, [method.function(own, models) for method, own in _members(settings.of, _WHERE)])


def _members(of: Sequence[Mapping[str, object]], where: str) -> list[tuple[Method, MethodSettings]]:
    found = []
    for n, values in enumerate(steps_given(of, f"{where}.of", "method")):
        name, own = str(values["method"]), {k: v for k, v in values.items() if k != "method"}
        method, place = pick(SINGLE, name, f"{where}.of.{n}"), f"{where}.of.{n}.{name}"
        for key in sorted(_OF_THE_WHOLE & own.keys()):
            raise PipelineError(f"{place}.{key} belongs to the whole sequence.", f"Write it as {where}.{key}.")
        settings = parse(own, method.settings, place)
        settings.check(place)
        found.append((method, settings))
    return found


def _next_step(request: Request, text: str, number: int) -> Request:
    """What the step with this number is asked: the text as it is by now, with a draw of its own."""
    return replace(request, text=text, seed=content_id(request.seed, str(number)))


def _goes_on(result: Written) -> bool:
    return bool(result.text.strip()) and not result.problem


def _in_turn(steps: Sequence[Rewrite], requests: Sequence[Request]) -> list[Written]:
    results = [Written(request.text) for request in requests]
    for number, rewrite in enumerate(steps):
        passing = [n for n, result in enumerate(results) if _goes_on(result)]
        asked = [_next_step(requests[n], results[n].text, number) for n in passing]
        for n, written in zip(passing, map(as_written, rewrite(asked)), strict=True):
            # Other words for a new question leave its new answer as it is.
            answer = results[n].answer if written.answer is None else written.answer
            results[n] = replace(written, answer=answer)
    return results
