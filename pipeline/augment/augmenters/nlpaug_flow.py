"""Method `nlpaug`: a flow of nlpaug's own augmenters, as they are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from pipeline.augment.augmenters.flows import run_each
from pipeline.augment.augmenters.light_nlpaug import give_language_models, import_nlpaug
from pipeline.augment.augmenters.request import EngineMissingError, Request, Rewrite
from pipeline.augment.policy import MethodSettings
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.registry import did_you_mean

_WHERE = "params.yaml: augment.methods.nlpaug"
#: What nlpaug's augmenters raise for arguments and texts that they cannot work with.
_TROUBLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, OSError, ImportError, RuntimeError)
#: nlpaug's modules of augmenters that run a language model.
_LANGUAGE_MODELS = ("abst_summ", "back_translation", "context_word_embs", "context_word_embs_sentence", "lambada")
_NLTK_DATA = re.compile(r"nltk\.download\('([\w.-]+)'\)")


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


def build(settings: Nlpaug, models: object) -> Rewrite:
    """Nlpaug's augmenters as they are: they do not know protected words, so more of their children fail the gate."""
    import_nlpaug()
    import nlpaug.flow as naf

    flow = []
    for place, name, kind, arguments in _augmenters(settings.flow, _WHERE):
        try:
            flow.append(kind(**arguments))
        except _TROUBLE as error:
            raise _explained(error, f"{place}: {name} could not be made") from None
    return partial(_run, naf.Sequential(flow))


def _run(flow: Any, requests: Sequence[Request]) -> list[str]:
    try:
        return run_each(flow, requests)
    except _TROUBLE as error:  # many of their arguments are looked at only when a text comes
        raise _explained(error, f"{_WHERE}.flow: the flow could not run") from None


def _explained(error: Exception, what: str) -> PipelineError | EngineMissingError:
    data = _NLTK_DATA.search(str(error))
    if isinstance(error, LookupError) and data:
        return EngineMissingError(f"NLTK's data '{data[1]}' is not here", f"python -m nltk.downloader {data[1]}")
    if isinstance(error, ImportError):
        return EngineMissingError(f"{what}: {shorten(error, 200)}", f"Install it: pip install {error.name or '<it>'}")
    return PipelineError(f"{what}: {type(error).__name__}: {shorten(error, 200)}", "Check its arguments.")


def _classes(kind: str, module: ModuleType) -> dict[str, type]:
    """`char.KeyboardAug` -> its class, for all augmenters of one of nlpaug's modules."""
    return {f"{kind}.{name}": getattr(module, name) for name in dir(module) if name.endswith("Aug")}


def _augmenters(flow: Sequence[Mapping[str, Any]], where: str) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """Each augmenter's place in params.yaml, name, class and arguments."""
    import_nlpaug()
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.sentence as nas
    import nlpaug.augmenter.word as naw

    known = {**_classes("char", nac), **_classes("sentence", nas), **_classes("word", naw)}
    found = []
    for n, values in enumerate(steps_given(flow, f"{where}.flow", "augmenter")):
        place, name = f"{where}.flow.{n}", str(values["augmenter"])
        if name not in known:
            raise PipelineError(f"{place}: unknown augmenter '{name}'.", did_you_mean(name, known))
        if known[name].__module__.rpartition(".")[2] in _LANGUAGE_MODELS:
            give_language_models()
        found.append((place, name, known[name], {k: v for k, v in values.items() if k != "augmenter"}))
    return found


def steps_given(steps: Sequence[Mapping[str, object]], where: str, name: str) -> Sequence[Mapping[str, object]]:
    """`steps`, each of which has the key `name`. Raises PipelineError where there are none, or one lacks it."""
    if not steps:
        raise PipelineError(f"{where} is empty.", f"List what runs, such as {{{name}: ...}}.")
    for n, values in enumerate(steps):
        if name not in values:
            raise PipelineError(f"{where}.{n}: '{name}' is missing.", f"Write {{{name}: <name>, ...}}.")
    return steps
