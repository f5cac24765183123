"""Methods made of others: `sequence` runs several of ours in turn, `nlpaug` runs nlpaug's own augmenters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pipeline.augment.augmenters.flows import run_each
from pipeline.augment.augmenters.request import Request, Rewrite, Written, as_written
from pipeline.augment.policy import MethodSettings
from pipeline.errors import PipelineError, shorten
from pipeline.modeling.models import Models
from pipeline.record import content_id
from pipeline.registry import did_you_mean

_WHERE = "params.yaml: augment.methods"


class Sequential(MethodSettings):
    """Settings of sequence."""

    of: tuple[dict[str, Any], ...] = ()  # each: {method: <name>, <that method's settings>}


class Nlpaug(MethodSettings):
    """Settings of nlpaug."""

    flow: tuple[dict[str, Any], ...] = ()  # each: {augmenter: char.RandomCharAug, <its arguments>}


def build_sequence(settings: Sequential, models: Models, build: Any) -> Rewrite:
    """Each method rewrites what the one before it wrote; whole batches, so that engines keep their speed."""
    steps = []
    for n, values in enumerate(_given(settings.of, "sequence.of", "method")):
        rest = {k: v for k, v in values.items() if k != "method"}
        steps.append(build(str(values["method"]), rest, models, f"{_WHERE}.sequence.of.{n}"))
    return partial(_in_turn, steps)


def _in_turn(steps: Sequence[Rewrite], requests: Sequence[Request]) -> list[Written]:
    results = [Written(request.text) for request in requests]
    for number, rewrite in enumerate(steps):
        alive = [n for n, result in enumerate(results) if result.text.strip() and not result.problem]
        asked = [
            replace(requests[n], text=results[n].text, seed=content_id(requests[n].seed, str(number))) for n in alive
        ]
        for n, written in zip(alive, map(as_written, rewrite(asked)), strict=True):
            results[n] = written
    return results


def build_nlpaug(settings: Nlpaug, models: object) -> Rewrite:
    """Nlpaug's augmenters as they are: they do not know protected words, so more of their children fail the gate."""
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.sentence as nas
    import nlpaug.augmenter.word as naw
    import nlpaug.flow as naf

    known = {
        f"{kind}.{name}": getattr(module, name)
        for kind, module in (("char", nac), ("sentence", nas), ("word", naw))
        for name in dir(module)
        if name.endswith("Aug")
    }
    flow = []
    for n, values in enumerate(_given(settings.flow, "nlpaug.flow", "augmenter")):
        name, arguments = str(values["augmenter"]), {k: v for k, v in values.items() if k != "augmenter"}
        if name not in known:
            raise PipelineError(f"{_WHERE}.nlpaug.flow.{n}: unknown augmenter '{name}'.", did_you_mean(name, known))
        try:
            flow.append(known[name](**arguments))
        except (TypeError, ValueError, LookupError, OSError) as error:
            raise PipelineError(
                f"{_WHERE}.nlpaug.flow.{n}: {name} could not be made: {shorten(error, 200)}", "Check its arguments."
            ) from None
    return partial(run_each, naf.Sequential(flow))


def _given(steps: Sequence[Mapping[str, Any]], where: str, name: str) -> Sequence[Mapping[str, Any]]:
    if not steps:
        raise PipelineError(f"{_WHERE}.{where} is empty.", f"List what runs, such as {{{name}: ...}}.")
    for n, values in enumerate(steps):
        if name not in values:
            raise PipelineError(f"{_WHERE}.{where}.{n}: '{name}' is missing.", f"Write {{{name}: <name>, ...}}.")
    return steps
