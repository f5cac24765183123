"""What each data step bought: models trained on the variants of the data, judged on one test set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.blocks import Block, details, from_notes, intervals, missing, note, table
from pipeline.report.inputs import Inputs


def value(inputs: Inputs) -> list[Block]:
    """One verdict a step, the scores of the variants, the learning curve, and whatever else the value stage wrote."""
    report = inputs.report("value")
    if not report:
        return [missing("value")]
    if report.get("applies") is False:
        return [note("value_none", why=str(report.get("why", "")))]
    steps = report.get("steps", [])
    order = [*(one.get("against") for one in steps[:1]), *(one.get("step") for one in steps)]  # JSON keys are sorted
    known = report.get("variants", {})
    variants = {name: known[name] for name in dict.fromkeys([*order, *sorted(known)]) if name in known}
    judged_by = str(report.get("judged_by", ""))
    rows = [
        [
            one.get("step"),
            one.get("verdict"),
            one.get("before"),
            one.get("after"),
            one.get("difference"),
            one.get("p"),
            inputs.cut(one.get("sentence", "")),
        ]
        for one in steps
    ]
    columns = {
        "step": "code",
        "verdict": "code",
        "before": "float",
        "after": "float",
        "difference": "interval",
        "p": "float",
        "in_words": "text",
    }
    scores = [
        (name, one["metrics"][judged_by]) for name, one in variants.items() if judged_by in one.get("metrics", {})
    ]
    sizes = [[name, one.get("rows"), _value(one, judged_by)] for name, one in variants.items()]
    known_keys = {"stage", "steps", "variants", "summary", "applies", "more_data"}
    rest = {key: one for key, one in report.items() if key not in known_keys}
    chart = [intervals("variants", scores)] if scores else []
    tables = [
        table("steps", columns, rows),
        table("variants", {"data": "code", "train_rows": "num", "score": "interval"}, sizes),
    ]
    curve = more_data(report.get("more_data") or {}, judged_by)
    return [*tables[:1], *chart, *tables[1:], *curve, details("stage_notes", from_notes(rest))]


def more_data(found: Mapping[str, Any], judged_by: str) -> list[Block]:
    """The learning curve, with what twice as many records would bring as its last point."""
    points = found.get("points") or []
    rows = [(f"{one['records']:,}", {key: one[key] for key in ("value", "low", "high")}) for one in points]
    gain = found.get("doubled")
    if not gain:
        return [intervals("more_data", rows)] if rows else []
    last, records = points[-1]["value"], points[-1]["records"]
    rows.append(("twice_as_many", {key: last + gain[key] for key in ("value", "low", "high")}))
    said = {key: f"{gain[key]:+.3f}" for key in ("value", "low", "high")}
    return [intervals("more_data", rows), note("more_data", records=records, metric=judged_by, **said)]


def _value(variant: Mapping[str, Any], metric: str) -> Any:
    return variant.get("metrics", {}).get(metric)
