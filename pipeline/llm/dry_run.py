"""Dry runs: what a place that asks language models would ask, and what it would cost at most; nothing is asked.

Every place has a setting `dry_run` beside the model's: pre-labels, answers, judges, tags, generation, documents.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.json_types import JsonObject
from pipeline.core.record import as_json
from pipeline.llm.client import Engine, unanswered
from pipeline.llm.question import Question
from pipeline.llm.usage import forecast

log = logging.getLogger("pipeline")


@dataclass(frozen=True)
class Planned:
    """What one model would be asked.

    `unwritten` counts the prompt tokens that a question will have beyond what stands in it now: those of texts that
    another model has yet to write. Such a question is asked in any case; of the others the cache may know the answer.
    """

    engine: Engine
    questions: Sequence[Question]
    unwritten: int = 0


def planned(engines: Mapping[str, Engine], questions: Sequence[Question]) -> dict[str, Planned]:
    """The same questions for every model."""
    return {name: Planned(engine, questions) for name, engine in engines.items()}


def dry_run(setting: str, plan: Mapping[str, Planned]) -> JsonObject:
    """Log and return, by the name of each model, requests, tokens and money at most: every answer as long as allowed.

    `setting` is where the dry run was asked for (`clean.judge_replies.dry_run`). For report.json: `why`, `forecast`.
    """
    costs = {name: _cost(one) for name, one in plan.items()}
    log.warning("params.yaml: %s: nothing was asked. A run would ask at most: %s", setting, as_json(costs))
    return {"why": f"{setting} is set: nothing was asked", "forecast": costs}


def _cost(plan: Planned) -> JsonObject:
    prices = plan.engine.usage.prices
    if not plan.unwritten:
        return forecast(unanswered(plan.engine, plan.questions), prices).as_notes()
    usage = forecast(plan.questions, prices)
    usage.prompt_tokens += plan.unwritten * len(plan.questions)
    return usage.as_notes()
