"""Children as the methods made them, before anything has judged them."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import EngineMissingError, Request
from pipeline.augment.policy import Draw, MethodSettings
from pipeline.errors import PipelineError
from pipeline.modeling.models import Models
from pipeline.record import Record, Reject, share
from pipeline.settings import Task
from pipeline.tasks import task_type

log = logging.getLogger("pipeline")

#: Other training texts of the class shown to methods that write new examples.
EXAMPLES = 3


@dataclass(frozen=True)
class Candidate:
    """A child and the text that its method wrote. `broken` says why that text could not be put into the record."""

    method: str
    parent: Record
    child: Record
    text: str
    broken: str = ""


@dataclass
class Made:
    """Candidates in order of method, then parent; draws that gave a child twice; methods without their engine."""

    candidates: list[Candidate] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)
    missing: dict[str, str] = field(default_factory=dict)


def make(
    methods: Mapping[str, MethodSettings], draws: Sequence[Draw], task: Task, models: Models, require: bool
) -> Made:
    """Every draw carried out. A missing engine skips its method, or raises PipelineError with `require`."""
    made = Made()
    pools = _pools((draw.parent for draw in draws), task)
    for name, settings in methods.items():
        own = [draw for draw in draws if draw.method == name]
        started = time.monotonic()
        try:
            rewrite = METHODS[name].build(settings, models)
        except EngineMissingError as error:
            if require:
                raise PipelineError(f"params.yaml: augment.methods.{name}: {error.what}.", error.remedy) from None
            made.missing[name] = str(error)
            log.warning("augment   %-22s skipped: %s", name, error)
            continue
        texts = rewrite([_request(draw, pools, task) for draw in own])
        for draw, text in zip(own, texts, strict=True):
            _add(made, _candidate(draw, text, task))
        log.info("augment   %-22s %9s children made  %.1f s", name, f"{len(own):,}", time.monotonic() - started)
    return made


def _add(made: Made, candidate: Candidate) -> None:
    """Equal children of one parent by one method are one child."""
    if made.candidates and any(other.child.id == candidate.child.id for other in _siblings(made, candidate)):
        made.repeated[candidate.method] += 1
    else:
        made.candidates.append(candidate)


def _siblings(made: Made, candidate: Candidate) -> Iterable[Candidate]:
    for other in reversed(made.candidates):
        if other.parent.id != candidate.parent.id or other.method != candidate.method:
            return
        yield other


def _candidate(draw: Draw, text: str, task: Task) -> Candidate:
    parent, step = draw.parent, f"augment.{draw.method}"
    try:
        fields, target = task_type(task).with_augmentable(parent, text)
    except Reject as reject:
        # The text cannot carry the annotations: the child in `dropped` shows the parent's fields.
        lost = f"{reject.detail or reject.reason}; the text was: {text}"
        return Candidate(draw.method, parent, parent.child(step, parent.fields, parent.target), text, lost)
    return Candidate(draw.method, parent, parent.child(step, fields, target), text)


def _request(draw: Draw, pools: Mapping[tuple[str | None, str], Sequence[Record]], task: Task) -> Request:
    kind, parent = task_type(task), draw.parent
    pool = pools[kind.stratum(parent), parent.lang]
    start = int(share("examples", draw.seed) * len(pool))
    others = [pool[(start + n) % len(pool)] for n in range(min(EXAMPLES, len(pool)))]
    examples = tuple(kind.augmentable(other) for other in others if other.id != parent.id)
    protected = tuple(kind.protected(parent))
    return Request(kind.augmentable(parent), parent.lang, draw.seed, protected, kind.stratum(parent), examples)


def _pools(records: Iterable[Record], task: Task) -> dict[tuple[str | None, str], list[Record]]:
    """Parents by class and language, in order of id: what few-shot prompts may show. Train only, as parents are."""
    pools: dict[tuple[str | None, str], dict[str, Record]] = defaultdict(dict)
    for record in records:
        pools[task_type(task).stratum(record), record.lang][record.id] = record
    return {key: [pool[name] for name in sorted(pool)] for key, pool in pools.items()}
