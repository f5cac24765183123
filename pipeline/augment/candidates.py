"""Children as the methods made them, before the gate."""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.augment.augmenters import METHODS
from pipeline.augment.augmenters.request import EngineMissingError, NothingAskedError, Request, Written, as_written
from pipeline.augment.policy import Draw, MethodSettings, why_no_draws
from pipeline.augment.replies import prompt_template, system_turns
from pipeline.core.errors import PipelineError
from pipeline.core.json_types import Json
from pipeline.core.record import Decision, Record, Reject, share
from pipeline.core.settings import Task
from pipeline.modeling.models import Models
from pipeline.tasks import task_type

log = logging.getLogger("pipeline")

#: Class and language -> records with their place on the ring, and their ids.
Pools = Mapping[tuple[str | None, str], Sequence[tuple[float, str, Record]]]

#: Other training texts of the class shown to methods that write new examples. A guess: not measured.
EXAMPLES = 3


@dataclass(frozen=True)
class Candidate:
    """A child and the text that its method wrote.

    `broken` says why that text could not be put into the record; `problem` and `detail` are the method's own doubts
    (see `Written`). `is_new`: the child says something else than its parent, and is not held to the parent's words.
    `label_is_given`: see `MethodSettings`.
    """

    method: str
    parent: Record
    child: Record
    text: str
    broken: str = ""
    problem: str = ""
    detail: str = ""
    is_new: bool = False
    label_is_given: bool = False


@dataclass
class Made:
    """Candidates in order of method, then parent; draws that gave a child twice; methods without their engine.

    `undrawn` says of methods that nothing was asked of why; `forecasts` what those in a dry run would ask and cost.
    """

    candidates: list[Candidate] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)
    missing: dict[str, str] = field(default_factory=dict)
    undrawn: dict[str, str] = field(default_factory=dict)
    forecasts: dict[str, Json] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)


def _tell_why(name: str, why: str, made: Made) -> None:
    if why:
        made.undrawn[name] = why
        log.warning("augment   %-22s makes nothing: %s", name, why)


def _skip(name: str, error: EngineMissingError, made: Made, require: bool) -> None:
    if require:
        raise PipelineError(f"params.yaml: augment.methods.{name}: {error.what}.", error.remedy) from None
    made.missing[name] = str(error)
    log.warning("augment   %-22s skipped: %s", name, error)


def make(
    methods: Mapping[str, MethodSettings],
    draws: Sequence[Draw],
    parents: Sequence[Record],
    task: Task,
    models: Models,
    require: bool,
) -> Made:
    """Every draw carried out. `parents` (of the train split) are the records that prompts may show.

    A missing engine skips its method, or raises PipelineError with `require`.
    """
    made = Made()
    pools = _pools(parents, task)
    for name, settings in methods.items():
        own = [draw for draw in draws if draw.method == name]
        if not own:
            _tell_why(name, why_no_draws(settings, parents, task), made)
        started = time.monotonic()
        try:
            texts = METHODS[name].function(settings, models)([_request(draw, pools, task) for draw in own])
        except EngineMissingError as error:
            _skip(name, error, made, require)
            continue
        except NothingAskedError as told:
            _tell_why(name, told.why, made)
            made.forecasts[name] = told.forecast
            continue
        for draw, text in zip(own, texts, strict=True):
            _add(made, _candidate(draw, as_written(text), task, settings))
        spent = time.monotonic() - started
        each = spent / max(len(own), 1)
        log.info("augment   %-22s %9s examples made  %.1f s, %.4f s each", name, f"{len(own):,}", spent, each)
    return made


def _add(made: Made, candidate: Candidate) -> None:
    """Equal children of one parent by one method have one id, and are one child."""
    if candidate.child.id in made.ids:
        made.repeated[candidate.method] += 1
    else:
        made.candidates.append(candidate)
        made.ids.add(candidate.child.id)


def _candidate(draw: Draw, written: Written, task: Task, settings: MethodSettings) -> Candidate:
    parent, step, text = draw.parent, f"augment.{draw.method}", written.text
    broken, kind = "", task_type(task)
    try:
        if written.answer is None:
            fields, target = kind.with_augmentable(parent, text)
        else:
            fields, target = kind.with_answer(parent, text, written.answer)
    except Reject as reject:
        # The text cannot carry the annotations: the child in `dropped` shows the parent's fields.
        broken = f"{reject.detail or reject.reason}; the text was: {text}"
        fields, target = dict(parent.fields), parent.target
    child = parent.child(step, fields, target)
    if written.answer is not None:
        child = replace(child, labels_by=Decision(f"model:{step}"))  # nobody decided this answer but the model
    doubts = (broken, written.problem, written.detail)
    return Candidate(draw.method, parent, child, text, *doubts, settings.is_new, settings.label_is_given)


def _request(draw: Draw, pools: Pools, task: Task) -> Request:
    kind, parent = task_type(task), draw.parent
    pool = pools[kind.stratum(parent), parent.lang]
    # The next ones on a ring, on which each record's place depends on its id alone: a record more changes few prompts.
    start = bisect_left(pool, share("examples", draw.seed), key=lambda item: item[0])
    others = [pool[(start + n) % len(pool)][2] for n in range(min(EXAMPLES, len(pool)))]
    examples = tuple(kind.augmentable(other) for other in others if other.id != parent.id)
    return Request(
        kind.augmentable(parent),
        parent.lang,
        draw.seed,
        tuple(kind.protected(parent)),
        kind.stratum(parent),
        examples,
        prompt_template(parent, task),
        system_turns(parent),
    )


def _pools(records: Iterable[Record], task: Task) -> Pools:
    """Parents by class and language, by a draw of their ids: what few-shot prompts may show. Train only."""
    pools: dict[tuple[str | None, str], list[tuple[float, str, Record]]] = defaultdict(list)
    for record in records:
        pools[task_type(task).stratum(record), record.lang].append((share("example", record.id), record.id, record))
    return {key: sorted(pool, key=lambda item: item[:2]) for key, pool in pools.items()}
