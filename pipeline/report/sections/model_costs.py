"""What asking language models took, in whichever stage: paid in this run, and before it where the cache answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.report.blocks import Block, table
from pipeline.report.inputs import Inputs

_COLUMNS = {
    "asked_in": "text",
    "requests": "num",
    "from_cache": "num",
    "failed_tries": "num",
    "prompt_tokens": "num",
    "written_tokens": "num",
    "paid_now": "text",
    "paid_before": "text",
}
_FORECAST = {name: _COLUMNS[name] for name in ("asked_in", "requests", "prompt_tokens", "written_tokens")}
_SENT = {"asked_in": "text", "split": "code", "sent": "num", "kept_here": "num"}
#: What every note of `llm/usage.py` has.
_KEYS = {"requests", "cached", "prompt_tokens", "written_tokens", "money", "currency"}
#: Levels of a report that say nothing of where a model was asked.
_PLAIN = ("notes", "usage", "language_model", "forecast", "judges")
Path = tuple[str, ...]


def model_costs(inputs: Inputs) -> list[Block]:
    """A row for every model that was asked; one for every model that a dry run would ask. Nothing where none was.

    Where a step of `clean` asked a service: of how many records of each split it sent the text.
    """
    found = [one for stage, report in inputs.reports.items() for one in _usages(report, (stage,))]
    paid = [_row(path, usage) for path, usage in found if "forecast" not in path]
    foretold = [_foretold(path, usage) for path, usage in found if "forecast" in path]
    tables = (
        table("model_costs", _COLUMNS, paid),
        table("texts_sent", _SENT, _sent(inputs.reports.get("clean", {}))),
        table("model_forecasts", {**_FORECAST, "at_most": "text"}, foretold),
    )
    return [one for one in tables if one["rows"]]


def _sent(clean: Mapping[str, Any]) -> list[list[object]]:
    """A row for each step that asked a service and each split."""
    found: list[list[object]] = []
    for step in clean.get("steps", ()):
        sent, kept = (step.get("notes", {}).get(name, {}) for name in ("sent", "kept_here"))
        found += [
            [f"clean › {step['step']}", one, sent.get(one, 0), kept.get(one, 0)] for one in sorted({*sent, *kept})
        ]
    return found


def _usages(value: object, path: Path) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every usage in a report with the keys that lead to it; of a list the last one, which sums up those before."""
    if isinstance(value, Mapping):
        if value.keys() >= _KEYS:
            yield path, value
            return
        for name, one in value.items():
            yield from _usages(one, (*path, str(name)))
    elif isinstance(value, list):
        yield from _of_list(value, path)


def _of_list(values: Sequence[object], path: Path) -> Iterator[tuple[Path, Mapping[str, object]]]:
    steps = [one for one in values if isinstance(one, Mapping) and "step" in one]
    for step in steps:
        yield from _usages(step, (*path[:-1], str(step["step"])))
    if not steps and values:
        yield from _usages(values[-1], path[:-1])


def _name(path: Path) -> str:
    return " › ".join(part for part in path if part not in _PLAIN)


def _row(path: Path, usage: Mapping[str, object]) -> list[object]:
    currency, before = usage["currency"], usage.get("cached_money") or 0.0
    counts = [usage[name] for name in ("requests", "cached")]
    tokens = [usage[name] for name in ("prompt_tokens", "written_tokens")]
    money = [f"{one:.4f} {currency}" if one else None for one in (usage["money"], before)]
    return [_name(path), *counts, usage.get("retries"), *tokens, *money]


def _foretold(path: Path, usage: Mapping[str, object]) -> list[object]:
    money = f"{usage['money']:.4f} {usage['currency']}" if usage["money"] else None
    return [_name(path), usage["requests"], usage["prompt_tokens"], usage["written_tokens"], money]
