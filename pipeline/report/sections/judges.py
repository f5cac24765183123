"""What language models wrote and judged: teachers and their cost, judges, their win rates and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from pipeline.report.blocks import Block, facts, note, table
from pipeline.report.inputs import Inputs

_JUDGES = {
    "judge": "text",
    "win_rate": "interval",
    "win_rate_raw": "interval",
    "right_on_gold": "interval",
    "kappa_people": "float",
    "position_bias": "interval",
    "length_bias": "interval",
    "unreadable": "num",
    "cost": "text",
}
_TEACHERS = {
    "teacher": "text",
    "model": "text",
    "licence": "text",
    "answers": "num",
    "no_answer": "num",
    "chosen": "num",
    "cost": "text",
}


class Usage(TypedDict):
    """What asking a language model took (llm/usage.py)."""

    requests: int
    cached: int
    prompt_tokens: int
    written_tokens: int
    money: float | None
    currency: str


class _About(TypedDict):
    model: str
    licence: str


class _Answers(TypedDict):
    """What the label stage notes of answers that teachers wrote."""

    teachers: Mapping[str, _About]
    usage: Mapping[str, Usage]
    problems: Mapping[str, Mapping[str, int]]
    chosen: Mapping[str, int]


def win_rates(inputs: Inputs) -> list[Block]:
    """Each judge's win rates, how it leans, what gold questions and people say of it; the panel's rate."""
    found = inputs.report("evaluate").get("win_rates")
    if not found or "judges" not in found:  # a dry run
        return []
    rows = [
        [
            name,
            one["win_rate"],
            one["win_rate_raw"],
            one["gold"]["right"] if one["gold"]["read"] else None,
            (one["people"] or {}).get("kappa"),
            one["position_bias"],
            one["length_bias"],
            one["unreadable"],
            cost(one["usage"]),
        ]
        for name, one in found["judges"].items()
    ]
    panel = found["panel"]["win_rate"]
    told = facts(
        ("win_rate", panel, "interval"), ("pairs", found["pairs"], "num"), ("judges_alpha", found.get("alpha"), "float")
    )
    untold = [note("judges_tell_nothing", "warn")] if panel is None else []
    return [*untold, told, table("judges", _JUDGES, rows)]


def teachers(inputs: Inputs) -> list[Block]:
    """Who wrote answers to prompts without one, how many were taken, and what it cost."""
    found = inputs.report("label").get("notes", {}).get("answers")
    if not found or not found.get("teachers") or "usage" not in found:
        return []
    rows = [_teacher(name, found) for name in found["teachers"]]
    figures = [(f"answers_{key}", found[key], "num") for key in ("asked", "answered", "accepted")]
    grade = (found.get("judged") or {}).get("min_grade")
    return [facts(*figures, ("min_grade", grade, "float")), table("teachers", _TEACHERS, rows)]


def _teacher(name: str, found: _Answers) -> list[object]:
    about, usage = found["teachers"][name], found["usage"][name]
    answers = usage["requests"] + usage["cached"]
    problems = sum(found["problems"][name].values())
    chosen = found["chosen"].get(name, 0)
    return [name, about["model"], about["licence"] or None, answers, problems, chosen, cost(usage)]


def cost(usage: Usage) -> str:
    """What asking cost, in words: money where there is a price, else tokens."""
    if usage["money"]:
        return f"{usage['money']:.4f} {usage['currency']}"
    return f"{usage['prompt_tokens'] + usage['written_tokens']:,} tokens"
