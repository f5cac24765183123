"""Figures that several parts of the page need, read tolerantly from the stages' reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeGuard

from pipeline.core.counts import ranked
from pipeline.report.inputs import Inputs
from pipeline.tasks.texts import target_text

#: The figure a project is known by: the first of these that the evaluation reports.
_MAIN = ("macro_f1", "accuracy", "f1", "exact_match", "rouge_l", "rougeL", "pearson", "chrf", "perplexity", "loss")


def expectations(inputs: Inputs) -> list[dict[str, Any]]:
    """Every expectation of the validate stage, failed ones with ids and a reason."""
    return [_expectation(one) for one in _dicts(inputs.find("validate", "expectations"))]


def _dicts(values: Any) -> list[Mapping[str, object]]:
    return [one for one in values or () if isinstance(one, Mapping)]


def _expectation(one: Mapping[str, Any]) -> dict[str, object]:
    settings = one.get("settings") or {}
    failing = _dicts(one.get("first"))
    return {
        "name": str(one.get("expect", "?")),
        "key": one.get("key", ""),
        "gauges": one.get("gauges") or [],
        "title": one.get("title") or one.get("note"),
        "column": settings.get("column"),
        "severity": str(one.get("severity", "error")),
        "ok": bool(one.get("passed")),
        "count": one.get("unexpected"),
        "observed": one.get("observed"),
        "ids": [str(case["id"]) for case in failing if case.get("id")],
        "why": next((str(case["why"]) for case in failing if case.get("why")), None),
    }


def metrics(inputs: Inputs) -> dict[str, dict[str, Any]]:
    """Model metrics on the test split: name -> {value, low, high}."""
    found = inputs.report("evaluate").get("metrics") or {}
    return {name: one if isinstance(one, dict) else {"value": one} for name, one in found.items()}


def main_metric(inputs: Inputs) -> tuple[str, dict[str, object] | None]:
    """Name and figure that the project rests on; an empty name where there is none."""
    found = metrics(inputs)
    name = str(inputs.find("evaluate", "headline") or "")
    name = name if name in found else next((name for name in _MAIN if name in found), next(iter(sorted(found)), ""))
    return name, found.get(name)


def review_counts(inputs: Inputs) -> dict[str, int]:
    """Records in the review queue by reason, most frequent first."""
    table = inputs.table("clean/review.parquet", ["reason"])
    counts = Counter(table.column("reason").to_pylist() if table is not None else [])
    return dict(ranked(counts))


def reasons(report: Mapping[str, Any]) -> dict[str, int]:
    """Dropped rows of a stage by reason, most frequent first."""
    counts: Counter[str] = Counter()
    for step in report.get("steps", []):
        counts.update(step.get("reasons", {}))
    return dict(ranked(counts))


def _are_parts(value: object) -> TypeGuard[list[dict[str, object]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def plain_label(target: str | None, text: str = "") -> str | None:
    """A target's JSON as people read it: a label without quotes, spans and answers by their words in `text`.

    Of a reply, its text and its calls.
    """
    value = json.loads(target or "null")
    if value is None or isinstance(value, str):
        return value
    if _are_parts(value):
        return "; ".join(_part(one, text) for one in value)
    if isinstance(value, dict) and "role" in value:
        return target_text(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _part(one: Mapping[str, Any], text: str) -> str:
    """`ORG: Harbour Bank` for a span, the words of an answer; anything else as JSON."""
    if {"start", "end", "label"} <= one.keys():
        words = text[one["start"] : one["end"]] or f"[{one['start']}, {one['end']})"
        return f"{one['label']}: {words}"
    return str(one["text"]) if "text" in one else json.dumps(one, ensure_ascii=False, sort_keys=True)


def percent(share: float) -> str:
    """A share as sentences say it: `17 %`, `3.2 %`."""
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"


def choosable(inputs: Inputs) -> list[str]:
    """The labels that a record may be given in the page: of tasks where a target is one label."""
    one = inputs.kind.target_kind(inputs.task) == "text" and not inputs.task.multi_label
    return [*inputs.task.labels] if one else []


def listed_names(values: list[str], most: int = 3) -> dict[str, Any]:
    """The first few sentences or names, each for itself so that the page can say it in its language; how many more."""
    return {"names": values[:most], "more": max(0, len(values) - most)}


def named(values: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are: `a, b, c +4`."""
    more = f" +{len(values) - most}" if len(values) > most else ""
    return ", ".join(f"“{value}”" for value in values[:most]) + more


def step_notes(report: Mapping[str, Any], step: str) -> Mapping[str, Any] | None:
    """The notes of a step in a stage's report; None where the step did not run."""
    found = next((one for one in report.get("steps", []) if one["step"] == step), None)
    return None if found is None else found.get("notes", {})
