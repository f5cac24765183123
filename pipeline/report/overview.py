"""The first screen: headline figures, the flow of counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from pipeline.core.report_types import Rows
from pipeline.report.figures import main_metric, reasons, review_counts
from pipeline.report.inputs import FLOW, Inputs


def headline(inputs: Inputs) -> list[dict[str, object]]:
    """Big figures beside the equation: waiting for review, the model. Those without data are left out."""
    found: list[dict[str, object]] = []
    if inputs.report("clean"):
        to_review = sum(review_counts(inputs).values())
        found.append({"key": "headline.label_errors", "value": to_review, "type": "num", "section": "label_errors"})
    name, value = main_metric(inputs)
    if value:
        found.append(
            {"key": "headline.metric", "value": value, "type": "interval", "args": {"name": name}, "section": "model"}
        )
    return found


class StageFlow(Rows):
    """Rows through one stage; see `flow`."""

    name: str
    reasons: Mapping[str, int]
    balanced: bool


class Flow(TypedDict):
    """Rows through all stages, and the sizes of the splits that they end in; see `flow`."""

    stages: list[StageFlow]
    ends: dict[str, int]


def equation(inputs: Inputs) -> dict[str, object] | None:
    """How the rows read become the dataset: `terms` (key, sign, n, section) whose sum is `dataset`; `holds` says so.

    Votes on records that were not read come in and go again, and examples that the gate refused were never there:
    neither is a row that was dropped. The dataset is what the export holds; before that, what the last stage kept.
    """
    stages = [(name, inputs.report(name)) for name in FLOW if inputs.report(name)]
    if not stages:
        return None
    net = {name: report.get("dropped", 0) - report.get("added", 0) for name, report in stages}
    augmented = _augmented(inputs)
    net["augment"] = net.get("augment", 0) + augmented
    kept = stages[-1][1].get("kept", 0)
    out = inputs.report("validate").get("dataset", {}).get("not_exported") or {}
    terms = [
        ("read", 1, stages[0][1].get("in", 0), "sources"),
        ("dropped", -1, sum(net.values()), "drops"),
        ("augmented", 1, augmented, "augmentation"),
        ("no_label", -1, out.get("no_label", 0) + out.get("unlabelled_split", 0), "decisions"),
        ("benchmark", -1, out.get("benchmark", 0), "sources"),
    ]
    rows = inputs.report("validate").get("dataset", {}).get("rows")
    dataset = sum(rows.values()) if rows else kept - sum(out.values())
    shown = [
        {"key": f"equation.{key}", "sign": sign, "n": n, "section": section}
        for key, sign, n, section in terms
        if n or key in ("read", "dropped")
    ]
    return {"terms": shown, "dataset": dataset, "holds": sum(sign * n for _, sign, n, _ in terms) == dataset}


def _augmented(inputs: Inputs) -> int:
    """Examples in the dataset that were made from others."""
    found = inputs.report("validate").get("dataset", {}).get("augmented")
    if found is None:
        table = inputs.table("augment/records.parquet", ["parent_id"])
        found = 0 if table is None else table.num_rows - table.column("parent_id").null_count
    return int(found)


def flow(inputs: Inputs) -> Flow:
    """Counts through the stages, and the splits they end in.

    `balanced`: in + added = kept + dropped, and the stage got all that the one before it kept.
    """
    stages: list[StageFlow] = []
    for name in FLOW:
        report = inputs.report(name)
        if not report:
            continue
        counts: Rows = {
            "in": int(report.get("in", 0)),
            "added": int(report.get("added", 0)),
            "kept": int(report.get("kept", 0)),
            "dropped": int(report.get("dropped", 0)),
        }
        sums = counts["in"] + counts["added"] == counts["kept"] + counts["dropped"]
        joined = not stages or stages[-1]["kept"] == counts["in"]
        stages.append({"name": name, **counts, "reasons": reasons(inputs, name), "balanced": sums and joined})
    ends = inputs.report(stages[-1]["name"]).get("kept_by", {}).get("split", {}) if stages else {}
    return {"stages": stages, "ends": dict(ends)}
