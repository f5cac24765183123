"""Checks on the model: better than simple references, and able to read the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.report.figures import named, percent
from pipeline.report.inputs import FLOW, Inputs
from pipeline.report.verdict.finding import Finding


def gaps(inputs: Inputs) -> dict[str, dict[str, float]]:
    """Reference -> the model's headline metric minus the reference's, turned so that above zero is better."""
    name = str(inputs.find("evaluate", "headline") or "")
    is_lower_better = name in (inputs.find("evaluate", "lower_is_better") or ())
    sign = 1 - 2 * is_lower_better
    found: Mapping[str, Any] = inputs.find("evaluate", "baselines") or {}
    measured = {key: one.get("model_minus_reference", {}).get(name) for key, one in found.items()}
    return {key: _turned(one, sign) for key, one in measured.items() if (one or {}).get("value") is not None}


def _turned(gap: Mapping[str, float], sign: int) -> dict[str, float]:
    low, high = sorted(sign * (gap["value"] if gap.get(end) is None else gap[end]) for end in ("low", "high"))
    return {"value": sign * gap["value"], "low": low, "high": high}


def model(inputs: Inputs) -> Iterator[Finding]:
    """Fails where a reference is better or the most frequent answer as good; warns where it cannot be told apart."""
    report = inputs.report("evaluate")
    if not report:
        yield Finding("model", "unmeasured", "model_none", {}, "model")
        return
    found = gaps(inputs)
    if not found:
        yield Finding("model", "unmeasured", "model_no_reference", {}, "model")
        return
    worst = min(found, key=lambda name: (found[name]["high"], name))
    args = {"reference": worst, "metric": report.get("headline"), **_signed(found[worst])}
    if found[worst]["high"] < 0:
        yield Finding("model", "fail", "model_below", args, "model")
    elif "majority" in found and found["majority"]["low"] <= 0:
        args = {"metric": report.get("headline"), **_signed(found["majority"])}
        yield Finding("model", "fail", "model_no_better_than_majority", args, "model")
    elif found[worst]["low"] <= 0:
        yield Finding("model", "warn", "model_not_above", args, "model")
    else:
        yield Finding("model", "pass", "model_above", args, "model")


def _signed(gap: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{gap[name]:+.3f}".replace("-", "−") for name in ("value", "low", "high")}


def unread(inputs: Inputs) -> dict[str, float]:
    """Language -> share of its tokens that the encoder does not know, where a stage noted any."""
    found: dict[str, float] = {}
    for report in map(inputs.report, FLOW):
        places = [report, report.get("notes", {}), *(step.get("notes", {}) for step in report.get("steps", []))]
        for place in places:
            found |= place.get("unread") or {}
    return found


def encoder_reads(inputs: Inputs) -> Iterator[Finding]:
    """Fails where the encoder cannot read most records, warns where it cannot read some."""
    shares = unread(inputs)
    if not shares:
        return
    langs: Mapping[str, int] = inputs.profile.get("languages") or inputs.report("clean").get("kept_by", {}).get(
        "lang", {}
    )
    total = max(1, sum(langs.values()))
    blind = sum(langs.get(name, 0) for name in shares) / total if langs else 1.0
    args = {"langs": named(sorted(shares)), "share": percent(max(shares.values())), "records": percent(blind)}
    yield Finding("encoder", "fail" if blind >= 0.5 else "warn", "encoder_blind", args, "model")
