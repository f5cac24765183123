"""The first screen: verdict, headline figures, the flow of counts, what to fix first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipeline.report.figures import expectations, main_metric, review_counts
from pipeline.report.inputs import FLOW, Inputs

#: Words in a licence field that mean nobody knows it.
_NO_LICENCE = ("", "unknown", "none", "unspecified", "other")

#: Reasons of the collect stage that params.yaml asked for: nothing to mend.
_ASKED_FOR = ("over_limit", "excluded_label", "filtered_out", "dropped_item")


def verdict(inputs: Inputs) -> dict[str, Any]:
    """`fail`, `warn`, `pass` or `unknown`, with the sentences that say why."""
    checks = expectations(inputs)
    failed = [check for check in checks if not check["ok"]]
    errors = [check for check in failed if check["severity"] == "error"]
    because: list[dict[str, Any]] = []
    if errors:
        because.append({"key": "because.errors", "args": {"n": len(errors)}})
    if len(failed) > len(errors):
        because.append({"key": "because.warnings", "args": {"n": len(failed) - len(errors)}})
    unbalanced = [stage["name"] for stage in flow(inputs)["stages"] if not stage["balanced"]]
    if unbalanced:
        because.append({"key": "because.unbalanced", "args": {"stages": ", ".join(unbalanced)}})
    if not checks:
        because.append({"key": "because.unchecked", "args": {}})
    elif not failed:
        because.append({"key": "because.passed", "args": {"n": len(checks)}})
    return {"state": _state(bool(errors or unbalanced), bool(failed), bool(checks)), "because": because}


def _state(broken: bool, failed: bool, checked: bool) -> str:
    if broken:
        return "fail"
    if not checked:
        return "unknown"
    return "warn" if failed else "pass"


def headline(inputs: Inputs) -> list[dict[str, Any]]:
    """Big figures: read, kept, dropped, doubtful, model. Those without data are left out."""
    stages = [inputs.report(name) for name in FLOW if inputs.report(name)]
    found: list[dict[str, Any]] = []
    if stages:
        dropped = sum(stage.get("dropped", 0) for stage in stages)
        came = stages[0].get("in", 0) + sum(stage.get("added", 0) for stage in stages)
        found += [
            {"key": "headline.read", "value": stages[0].get("in", 0), "type": "num"},
            {"key": "headline.kept", "value": stages[-1].get("kept", 0), "type": "num"},
            {"key": "headline.dropped", "value": dropped, "type": "num", "share": dropped / came if came else None},
        ]
    doubtful = sum(review_counts(inputs).values())
    if inputs.report("clean"):
        found.append({"key": "headline.doubtful", "value": doubtful, "type": "num"})
    name, value = main_metric(inputs)
    if value:
        found.append({"key": "headline.metric", "value": value, "type": "interval", "args": {"name": name}})
    return found


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


def reasons(report: Mapping[str, Any]) -> dict[str, int]:
    """Dropped rows of a stage by reason, most frequent first."""
    counts: Counter[str] = Counter()
    for step in report.get("steps", []):
        counts.update(step.get("reasons", {}))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def fixes(inputs: Inputs) -> list[dict[str, Any]]:
    """What to look at first: failed errors, then the rest by how many records it concerns. At most six."""
    found: list[dict[str, Any]] = [
        {
            "key": "fix.expectation",
            "n": check["count"] or 0,
            "section": "expectations",
            "args": {"name": check["name"]},
            "tone": "bad" if check["severity"] == "error" else "warn",
        }
        for check in expectations(inputs)
        if not check["ok"]
    ]
    for reason, count in review_counts(inputs).items():
        found.append(
            {"key": "fix.review", "n": count, "section": "doubtful", "args": {"reason": reason}, "tone": "warn"}
        )
    lost = reasons(inputs.report("collect"))
    quarantined = sum(count for reason, count in lost.items() if reason not in _ASKED_FOR)
    if quarantined:
        found.append({"key": "fix.quarantine", "n": quarantined, "section": "drops", "args": {}, "tone": "warn"})
    unlabelled = inputs.report("augment").get("kept_by", {}).get("labels_by", {}).get("(none)", 0)
    if unlabelled:
        found.append({"key": "fix.unlabelled", "n": unlabelled, "section": "decisions", "args": {}, "tone": "info"})
    found += _licence_gaps(inputs)
    return sorted(found, key=lambda fix: (fix["tone"] != "bad", -fix["n"], fix["key"]))[:6]


def _licence_gaps(inputs: Inputs) -> list[dict[str, Any]]:
    table = inputs.table("collect/records.parquet", ["source"])
    licences = [] if table is None else [source["licence"] for source in table.column("source").to_pylist()]
    gaps = sum(str(licence or "").strip().lower() in _NO_LICENCE for licence in licences)
    return [{"key": "fix.licence", "n": gaps, "section": "sources", "args": {}, "tone": "warn"}] if gaps else []
