"""The first screen: headline figures, the flow of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.figures import main_metric, reasons, review_counts
from pipeline.report.inputs import FLOW, Inputs


def headline(inputs: Inputs) -> list[dict[str, Any]]:
    """Big figures: read, kept, dropped, doubtful, model. Those without data are left out."""
    stages = [inputs.report(name) for name in FLOW if inputs.report(name)]
    found = _totals(stages) if stages else []
    doubtful = sum(review_counts(inputs).values())
    if inputs.report("clean"):
        found.append({"key": "headline.doubtful", "value": doubtful, "type": "num"})
    name, value = main_metric(inputs)
    if value:
        found.append({"key": "headline.metric", "value": value, "type": "interval", "args": {"name": name}})
    return found


def _totals(stages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    dropped = sum(stage.get("dropped", 0) for stage in stages)
    came = stages[0].get("in", 0) + sum(stage.get("added", 0) for stage in stages)
    return [
        {"key": "headline.read", "value": stages[0].get("in", 0), "type": "num"},
        {"key": "headline.kept", "value": stages[-1].get("kept", 0), "type": "num"},
        {"key": "headline.dropped", "value": dropped, "type": "num", "share": dropped / came if came else None},
    ]


def flow(inputs: Inputs) -> dict[str, Any]:
    """Counts through the stages, and the splits they end in.

    `balanced`: in + added = kept + dropped, and the stage got all that the one before it kept.
    """
    stages: list[dict[str, Any]] = []
    for name in FLOW:
        report = inputs.report(name)
        if not report:
            continue
        counts = {key: int(report.get(key, 0)) for key in ("in", "added", "kept", "dropped")}
        sums = counts["in"] + counts["added"] == counts["kept"] + counts["dropped"]
        joined = not stages or stages[-1]["kept"] == counts["in"]
        stages.append({"name": name, **counts, "reasons": reasons(report), "balanced": sums and joined})
    ends = inputs.report(stages[-1]["name"]).get("kept_by", {}).get("split", {}) if stages else {}
    return {"stages": stages, "ends": dict(ends)}
