"""Pre-labels by a language model, each with a confidence that was measured on labelled records.

The model is asked about the records without a label and about a sample of labelled train records. Those tell what its
confidence is worth; only where the precision measured there clears `min_precision` does an answer become a label.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.core.json_types import JsonObject
from pipeline.core.record import Reject, Target, as_json, share
from pipeline.core.settings import Task
from pipeline.label.language_model.answer_odds import AnswerOdds
from pipeline.label.language_model.forms import form_of, is_right, target_of
from pipeline.label.language_model.prompt import prompts
from pipeline.label.language_model.settings import LlmPrelabel
from pipeline.label.params import Prelabel
from pipeline.label.prelabels import Answer, Example, Prelabels, none
from pipeline.llm.client import Engine, ask_all
from pipeline.llm.dry_run import Planned, dry_run
from pipeline.llm.question import Answer as Reply
from pipeline.llm.question import Question, samples
from pipeline.llm.structured import parse
from pipeline.modeling.lm.local_engine import name_of, open_model
from pipeline.modeling.models import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.label.calibration import Scored

log = logging.getLogger("pipeline")

# `_FEWEST` is a guess: not measured.
_FEWEST = 50  # labelled records that a confidence can be measured on; fewer prove no precision of .95
#: One-sided 99 %: a model may be sure of some errors, and the best of many thresholds looks better than it is.
#: Normal quantile.
_Z = 2.33
_WHERE = "params.yaml: label.prelabel.llm.endpoint"


@dataclass(frozen=True)
class Said:
    """A model's answer to one record: the target and its score (log odds, before calibration), or why there is none."""

    target: Target = None
    score: float = -math.inf
    problem: str = ""


def language_model(
    learn: Sequence[Example], ask: Sequence[Example], models: Models, params: Prelabel, task: Task
) -> Prelabels:
    """Answers of the model in `params.llm`. What it leaves open, refuses or quotes wrongly goes to people.

    A service is not asked about held-out records, of which a label is in doubt: people look at them without a draft.
    Raises PipelineError for a service that does not answer and for a budget that is used up; answers so far are kept.
    """
    settings = params.llm
    if settings is None:
        return none("label.prelabel.llm names no model")
    ask, kept_here = _may_leave(ask, settings)
    if not ask:
        return none("records that need one are held out: their texts do not leave the machine")
    measured = sorted(learn, key=lambda e: share("label.llm", e.id))[: settings.calibration_rows]
    asked = {example.id: example for example in (*measured, *ask)}
    questions = prompts(list(asked.values()), learn, models.encoder, task, settings)
    engine = open_model(settings.endpoint, models, _WHERE)
    if settings.dry_run:
        plan = {name_of(settings.endpoint, models): Planned(engine, _sent(questions, settings))}
        return Prelabels(report={**none("").report, **dry_run("label.prelabel.llm.dry_run", plan)})
    said = dict(zip(asked, _answers(engine, questions, list(asked.values()), task, settings), strict=True))
    by = name_of(settings.endpoint, models)
    found = _calibrated(said, measured, ask, (task, params, by), engine.usage.as_notes())
    licence = settings.endpoint.licence if settings.endpoint else ""
    report = {**found.report, "kept_here": kept_here}
    return replace(found, report=report, writers={by: {"model": by, "licence": licence}})


def _may_leave(ask: Sequence[Example], settings: LlmPrelabel) -> tuple[Sequence[Example], int]:
    """The records that the model may read, and how many are held back from a service."""
    if settings.endpoint is None:
        return ask, 0
    found = [one for one in ask if one.as_record().split not in ("dev", "test", "benchmark")]
    return found, len(ask) - len(found)


def _sent(questions: Sequence[Question], settings: LlmPrelabel) -> list[Question]:
    if settings.confidence == "logprobs":
        return list(questions)
    return [one for question in questions for one in samples(question, settings.samples)]


def _answers(
    engine: Engine, questions: Sequence[Question], asked: Sequence[Example], task: Task, settings: LlmPrelabel
) -> list[Said]:
    sent = _sent(questions, settings)
    replies = ask_all(engine, sent)
    each = len(sent) // max(len(questions), 1)
    return [
        _vote([_read(reply, sent[n * each].schema, example, task) for reply in replies[n * each : (n + 1) * each]])
        for n, example in enumerate(asked)
    ]


def _read(reply: Reply, schema: str, example: Example, task: Task) -> Said:
    """One reply as an answer; its score is its log probability, 0 where the service gives none."""
    if not reply.is_usable:
        return Said(problem=reply.problem)
    value, problem = parse(reply.text, schema)
    if problem:
        return Said(problem="not_json")
    try:
        return Said(target_of(value, example.as_record(), task), reply.logprob or 0.0)
    except Reject as reject:
        return Said(problem=reject.reason)


def _vote(tries: Sequence[Said]) -> Said:
    """The answer that most tries give, scored by how many do; of one try, as it is."""
    if len(tries) == 1:
        return tries[0]
    sound = [said for said in tries if not said.problem]
    if not sound:
        return tries[0]
    votes = Counter(as_json(said.target) for said in sound)
    best, count = votes.most_common(1)[0]
    winner = next(said.target for said in sound if as_json(said.target) == best)
    return Said(winner, math.log((count + 0.5) / (len(tries) - count + 0.5)))


def _calibrated(
    said: Mapping[str, Said],
    measured: Sequence[Example],
    ask: Sequence[Example],
    settings: tuple[Task, Prelabel, str],
    usage: JsonObject,
) -> Prelabels:
    task, params, by = settings
    problems = Counter(filter(None, (one.problem for one in said.values())))
    about = {
        "applies": True,
        "method": f"language model {by}",
        "asked": len(ask),
        "usage": usage,
        "problems": dict(sorted(problems.items())),
    }
    answered, known = (
        [example for example in examples if not said[example.id].problem] for examples in (ask, measured)
    )
    why = _unmeasurable(known, task)
    if why:
        answers = {example.id: Answer(said[example.id].target, 0.0) for example in answered}
        return Prelabels(answers, None, {**about, "why": f"{why}: no precision can be measured, people decide"}, by)
    found, sure = _sure(said, known, answered, task, params)
    answers = {e.id: Answer(said[e.id].target, float(p)) for e, p in zip(answered, sure, strict=True)}
    return Prelabels(answers, found.threshold, {**about, **found.report}, by)


def _unmeasurable(known: Sequence[Example], task: Task) -> str:
    """Why no precision can be measured on the labelled records; "" where it can."""
    if not form_of(task).exact:
        return "answers are free texts"
    if len(known) < _FEWEST:
        return f"fewer than {_FEWEST} labelled train records"
    first = sum(_is_first_half(example) for example in known)
    return "" if 0 < first < len(known) else "too few independent train records"


def _is_first_half(example: Example) -> bool:
    return share("label.half", example.group) < 0.5


def _sure(
    said: Mapping[str, Said], known: Sequence[Example], answered: Sequence[Example], task: Task, params: Prelabel
) -> tuple[Scored, NDArray[np.float64]]:
    """The calibration on the labelled records, and the probability of each answer by it."""
    import numpy as np

    from pipeline.label.calibration import calibrate_scores

    right = np.array([is_right(said[e.id].target, e.target, task) for e in known])
    half = np.array([_is_first_half(e) for e in known])
    odds = AnswerOdds([said[e.id].score for e in known], [said[e.id].target for e in known], right)
    found = calibrate_scores(odds.known(), right, half, params, _Z)
    rows = odds.of([said[e.id].score for e in answered], [said[e.id].target for e in answered])
    return found, found.sure(rows) if len(rows) else np.zeros(0)
