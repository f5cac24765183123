"""Dry runs: what a place that asks language models would ask, and what it would cost at most; nothing is asked.

Every place has a setting `dry_run` beside the model's: pre-labels, answers, judges, tags, generation, documents.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.json_types import JsonObject
from pipeline.llm.client import Engine, unanswered
from pipeline.llm.question import Question
from pipeline.llm.usage import Usage, forecast

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
    log.warning("params.yaml: %s: nothing was asked. A run would ask at most: %s", setting, _in_words(costs))
    notes: JsonObject = {name: usage.as_notes() for name, usage in costs.items()}
    return {"why": f"{setting} is set: nothing was asked", "forecast": notes}


def in_words(plan: Mapping[str, Planned]) -> str:
    """Requests, tokens and money at most, by the name of each model; of all together where one currency pays for it."""
    return _in_words({name: _cost(one) for name, one in plan.items()})


def _in_words(costs: Mapping[str, Usage]) -> str:
    said = [f"{name}: {_spent(usage)}" for name, usage in costs.items()]
    currencies = {usage.prices.currency for usage in costs.values() if usage.money}
    if len(costs) > 1 and len(currencies) == 1:
        said.append(f"together {sum(usage.money for usage in costs.values()):.4f} {currencies.pop()}")
    return "; ".join(said)


def _spent(usage: Usage) -> str:
    money = f"{usage.money:.4f} {usage.prices.currency}" if usage.money else "no price set"
    return (
        f"{usage.requests:,} requests, {usage.prompt_tokens:,} tokens of prompts, {usage.written_tokens:,} of answers, "
        f"{money}"
    )


def _cost(plan: Planned) -> Usage:
    prices = plan.engine.usage.prices
    if not plan.unwritten:
        return forecast(unanswered(plan.engine, plan.questions), prices)
    usage = forecast(plan.questions, prices)
    usage.prompt_tokens += plan.unwritten * len(plan.questions)
    return usage
