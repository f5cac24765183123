"""Methods made of others: `sequence` runs several of ours in turn, `nlpaug` runs nlpaug's own augmenters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pipeline.augment.augmenters.flows import run_each
from pipeline.augment.augmenters.request import EngineMissingError, Request, Rewrite, Written, as_written
from pipeline.augment.policy import MethodSettings
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import content_id
from pipeline.core.registry import did_you_mean, pick
from pipeline.core.settings import parse
from pipeline.modeling.models import Models

if TYPE_CHECKING:
    from pipeline.augment.augmenters import Method

_WHERE = "params.yaml: augment.methods"
#: Settings that a sequence has as a whole, so that its members must not have them.
_OF_THE_WHOLE = frozenset(MethodSettings.model_fields) - {"languages"}
#: What nlpaug's augmenters raise for arguments and texts that they cannot work with.
_TROUBLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, OSError, ImportError, RuntimeError)
_NLTK_DATA = re.compile(r"nltk\.download\('([\w.-]+)'\)")


class Sequential(MethodSettings):
    """Settings of sequence."""

    of: tuple[dict[str, Any], ...] = ()  # each: {method: <name>, <that method's own settings>}

    @property
    def is_new(self) -> bool:
        """Once a member says something new, the child does."""
        return any(settings.is_new for _, settings in self._members)

    @property
    def has_sure_label(self) -> bool:
        """Only the last member's text is surely of its class: what reworded it since may have turned it round."""
        return self._members[-1][1].has_sure_label

    def check(self, where: str) -> None:
        """Names and settings of the members."""
        _members(self.of, where)

    @cached_property
    def _members(self) -> list[tuple[Method, MethodSettings]]:
        return _members(self.of, f"{_WHERE}.sequence")


class Nlpaug(MethodSettings):
    """Settings of nlpaug."""

    flow: tuple[dict[str, Any], ...] = ()  # each: {augmenter: char.RandomCharAug, <its arguments>}

    def check(self, where: str) -> None:
        """Names of the augmenters and of their arguments."""
        for place, name, kind, arguments in _augmenters(self.flow, where):
            try:
                inspect.signature(kind).bind(**arguments)
            except TypeError as error:
                raise _explained(error, f"{place}: {name} could not be made") from None


def build_sequence(settings: Sequential, models: Models) -> Rewrite:
    """Each method rewrites what the one before it wrote; whole batches, so that engines keep their speed."""
    return partial(_in_turn, [method.build(own, models) for method, own in _members(settings.of, f"{_WHERE}.sequence")])


def _members(of: Sequence[Mapping[str, Any]], where: str) -> list[tuple[Method, MethodSettings]]:
    from pipeline.augment.augmenters import METHODS

    found = []
    for n, values in enumerate(_given(of, f"{where}.of", "method")):
        name, own = str(values["method"]), {k: v for k, v in values.items() if k != "method"}
        method, place = pick(METHODS, name, f"{where}.of.{n}"), f"{where}.of.{n}.{name}"
        for key in sorted(_OF_THE_WHOLE & own.keys()):
            raise PipelineError(f"{place}.{key} belongs to the whole sequence.", f"Write it as {where}.{key}.")
        settings = parse(own, method.settings, place)
        settings.check(place)
        found.append((method, settings))
    return found


def _in_turn(steps: Sequence[Rewrite], requests: Sequence[Request]) -> list[Written]:
    results = [Written(request.text) for request in requests]
    for number, rewrite in enumerate(steps):
        alive = [n for n, result in enumerate(results) if result.text.strip() and not result.problem]
        asked = [
            replace(requests[n], text=results[n].text, seed=content_id(requests[n].seed, str(number))) for n in alive
        ]
        for n, written in zip(alive, map(as_written, rewrite(asked)), strict=True):
            # Other words for a new question leave its new answer as it is.
            answer = results[n].answer if written.answer is None else written.answer
            results[n] = replace(written, answer=answer)
    return results


def build_nlpaug(settings: Nlpaug, models: object) -> Rewrite:
    """Nlpaug's augmenters as they are: they do not know protected words, so more of their children fail the gate."""
    import nlpaug.flow as naf

    flow = []
    for place, name, kind, arguments in _augmenters(settings.flow, f"{_WHERE}.nlpaug"):
        try:
            flow.append(kind(**arguments))
        except _TROUBLE as error:
            raise _explained(error, f"{place}: {name} could not be made") from None
    return partial(_run, naf.Sequential(flow))


def _run(flow: Any, requests: Sequence[Request]) -> list[str]:
    try:
        return run_each(flow, requests)
    except _TROUBLE as error:  # many of their arguments are looked at only when a text comes
        raise _explained(error, f"{_WHERE}.nlpaug.flow: the flow could not run") from None


def _explained(error: Exception, what: str) -> PipelineError | EngineMissingError:
    data = _NLTK_DATA.search(str(error))
    if isinstance(error, LookupError) and data:
        return EngineMissingError(f"NLTK's data '{data[1]}' is not here", f"python -m nltk.downloader {data[1]}")
    if isinstance(error, ImportError):
        return EngineMissingError(f"{what}: {shorten(error, 200)}", f"Install it: pip install {error.name or '<it>'}")
    return PipelineError(f"{what}: {type(error).__name__}: {shorten(error, 200)}", "Check its arguments.")


def _augmenters(flow: Sequence[Mapping[str, Any]], where: str) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """Each augmenter's place in params.yaml, name, class and arguments."""
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.sentence as nas
    import nlpaug.augmenter.word as naw

    known = {
        f"{kind}.{name}": getattr(module, name)
        for kind, module in (("char", nac), ("sentence", nas), ("word", naw))
        for name in dir(module)
        if name.endswith("Aug")
    }
    found = []
    for n, values in enumerate(_given(flow, f"{where}.flow", "augmenter")):
        place, name = f"{where}.flow.{n}", str(values["augmenter"])
        if name not in known:
            raise PipelineError(f"{place}: unknown augmenter '{name}'.", did_you_mean(name, known))
        found.append((place, name, known[name], {k: v for k, v in values.items() if k != "augmenter"}))
    return found


def _given(steps: Sequence[Mapping[str, Any]], where: str, name: str) -> Sequence[Mapping[str, Any]]:
    if not steps:
        raise PipelineError(f"{where} is empty.", f"List what runs, such as {{{name}: ...}}.")
    for n, values in enumerate(steps):
        if name not in values:
            raise PipelineError(f"{where}.{n}: '{name}' is missing.", f"Write {{{name}: <name>, ...}}.")
    return steps
