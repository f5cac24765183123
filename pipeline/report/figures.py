"""Figures that several parts of the page need, read tolerantly from the stages' reports."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any, TypedDict, TypeGuard, TypeVar

from pipeline.core.counts import ranked
from pipeline.core.record import Target
from pipeline.report.inputs import Inputs
from pipeline.tasks.texts import target_text

Row = TypeVar("Row", bound=Mapping[str, Any])

#: The figure a project is known by: the first of these that the evaluation reports.
_MAIN = ("macro_f1", "accuracy", "f1", "exact_match", "rouge_l", "rougeL", "pearson", "chrf", "perplexity", "loss")


class Gauge(TypedDict):
    """What an expectation measured, in `unit` (share, count or plain), and its bounds."""

    name: str
    unit: str
    value: float
    low: float | None
    high: float | None


class _Failing(TypedDict, total=False):
    id: str
    why: str


class _Entry(TypedDict, total=False):
    """One expectation as the validate stage writes it."""

    expect: str
    key: str
    gauges: Sequence[Gauge]
    title: str
    note: str
    settings: Mapping[str, str]
    severity: str
    passed: bool
    unexpected: int
    observed: str
    first: Sequence[_Failing]


_Object = TypeVar("_Object", _Entry, _Failing)


class Check(TypedDict):
    """One expectation as the page shows it: `count` records break it, `ids` are some of them, `why` is the first's."""

    name: str
    key: str  # names its figures in the profile of the released version
    gauges: Sequence[Gauge]
    title: str | None
    column: str | None
    severity: str
    ok: bool
    count: int | None
    observed: str | None
    ids: list[str]
    why: str | None


class Metric(TypedDict, total=False):
    """A figure of the evaluation, with its interval where it has one."""

    value: float
    low: float
    high: float


def expectations(inputs: Inputs) -> list[Check]:
    """Every expectation of the validate stage, failed ones with ids and a reason."""
    return [_expectation(one) for one in _objects(inputs.find("validate", "expectations"))]


def _objects(values: Iterable[_Object] | None) -> list[_Object]:
    return [one for one in values or () if isinstance(one, Mapping)]


def _expectation(one: _Entry) -> Check:
    settings = one.get("settings") or {}
    failing = _objects(one.get("first"))
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


def metrics(inputs: Inputs) -> dict[str, Metric]:
    """Model metrics on the test split: name -> {value, low, high}."""
    found: Mapping[str, Metric | float] = inputs.report("evaluate").get("metrics") or {}
    return {name: one if isinstance(one, dict) else {"value": one} for name, one in found.items()}


def main_metric(inputs: Inputs) -> tuple[str, Metric | None]:
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


def reasons(inputs: Inputs, stage: str) -> dict[str, int]:
    """Dropped rows of a stage by reason, most frequent first."""
    counts: Counter[str] = Counter()
    for step in inputs.steps(stage):
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
    if value == []:
        return "–"  # no span, no label
    if _are_parts(value):
        return "; ".join(_part(one, text) for one in value)
    if isinstance(value, dict) and "role" in value:
        return target_text(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _part(one: Mapping[str, Target], text: str) -> str:
    """`ORG: Harbour Bank` for a span, the words of an answer; anything else as JSON."""
    if {"start", "end", "label"} <= one.keys():
        words = text[one["start"] : one["end"]] or f"[{one['start']}, {one['end']})"
        return f"{one['label']}: {words}"
    return str(one["text"]) if "text" in one else json.dumps(one, ensure_ascii=False, sort_keys=True)


def fair_part(rows: Sequence[Row], key: str, size: int) -> list[Row]:
    """At most `size` of the rows, by turns one of each value of `key`, each value's in their order."""
    by_value: dict[object, list[Row]] = {}
    for row in rows:
        by_value.setdefault(row[key], []).append(row)
    turns = zip_longest(*by_value.values())
    return list(islice((row for turn in turns for row in turn if row is not None), size))


def plain_slice(attribute: object, name: object) -> str:
    """`0051-0100`, a length band as the evaluation writes it, as the profile does: `51-100`."""
    return re.sub(r"\b0+(?=\d)", "", str(name)) if attribute == "length" else str(name)


def curve_of_sample(inputs: Inputs) -> int:
    """The train records of the dataset, where the learning curve was measured on half of them or fewer; else 0."""
    points = (inputs.report("value").get("more_data") or {}).get("points")
    held: int = (inputs.profile.get("rows") or {}).get("train", 0)
    return held if points and held >= 2 * points[-1]["records"] else 0


def percent(share: float) -> str:
    """A share as sentences say it: `17 %`, `3.2 %`."""
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"


def choosable(inputs: Inputs) -> list[str]:
    """The labels that a record may be given in the page: of tasks where a target is one label."""
    one = inputs.kind.target_kind(inputs.task) == "text" and not inputs.task.multi_label
    return [*inputs.task.labels] if one else []


def listed_names(values: list[str], most: int = 3) -> dict[str, object]:
    """The first few sentences or names, each for itself so that the page can say it in its language; how many more."""
    return {"names": values[:most], "more": max(0, len(values) - most)}


def named(values: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are: `a, b, c +4`."""
    more = f" +{len(values) - most}" if len(values) > most else ""
    return ", ".join(f"“{value}”" for value in values[:most]) + more


def step_notes(inputs: Inputs, stage: str, step: str) -> Mapping[str, Any] | None:
    """The notes of a step in a stage's report; None where the step did not run."""
    found = next((one for one in inputs.steps(stage) if one["step"] == step), None)
    return None if found is None else found.get("notes", {})
