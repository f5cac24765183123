"""The first screen: verdict, headline figures, the flow of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.figures import expectations, main_metric, reasons, review_counts
from pipeline.report.inputs import FLOW, Inputs

#: Whether it holds, its key among the page's texts, and what fills its gaps.
Sentence = tuple[object, str, dict[str, object]]


def _because(sentences: Sequence[Sentence]) -> list[dict[str, object]]:
    return [{"key": f"because.{key}", "args": args} for holds, key, args in sentences if holds]


def verdict(inputs: Inputs) -> dict[str, Any]:
    """`fail`, `warn`, `pass` or `unknown`, with the sentences that say why."""
    checks = expectations(inputs)
    failed = [check for check in checks if not check["ok"]]
    errors = [check for check in failed if check["severity"] == "error"]
    unbalanced = [stage["name"] for stage in flow(inputs)["stages"] if not stage["balanced"]]
    state = _state(bool(errors or unbalanced), bool(failed), bool(checks))
    sentences: tuple[Sentence, ...] = (
        (errors, "errors", {"n": len(errors)}),
        (len(failed) > len(errors), "warnings", {"n": len(failed) - len(errors)}),
        (unbalanced, "unbalanced", {"stages": ", ".join(unbalanced)}),
        (not checks, "unchecked", {}),
        (len(checks) > len(failed) == 0, "passed", {"n": len(checks)}),
        *_noise(inputs),
    )
    return {"state": state, "because": _because(sentences)}


def _noise(inputs: Inputs) -> list[tuple[object, str, dict[str, Any]]]:
    """The estimated share of wrong labels; the section on doubtful labels shows the same figure."""
    estimate = inputs.find("clean", "label_noise")
    if not estimate:
        return []
    if not estimate["share"]:
        return [(True, "noise_cannot_tell", {})]
    return [(True, "noise", {name: f"{100 * estimate['share'][name]:.1f} %" for name in ("value", "low", "high")})]


def _state(broken: bool, failed: bool, checked: bool) -> str:
    if broken:
        return "fail"
    if not checked:
        return "unknown"
    return "warn" if failed else "pass"


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
