"""How many labels are wrong: what a model estimates, what people found in a random sample, and how good doubts are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.blocks import Block, details, facts, intervals, note, table
from pipeline.report.figures import percent
from pipeline.report.inputs import Inputs


def noise(inputs: Inputs) -> list[Block]:
    """The estimated share of wrong labels, that of each class, the audited ones beside; then how good suspicion is."""
    estimate = inputs.find("clean", "label_noise") or {}
    estimated = estimate.get("classes") or {}
    found = inputs.find("label", "audit") or {}
    classes = found.get("by_class") or {}
    blocks = [*_estimated(estimate), _told(found), *_audited(found, estimate)]
    drawn = [*_drawn("noise", estimated), *_drawn("noise_audited", classes)]
    return [*blocks, *drawn, *([_table(estimated, classes)] if estimated or classes else []), *_planted(inputs)]


def _drawn(name: str, classes: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    """The shares of the classes that have one, the worst first."""
    shares = {label: one["share"] for label, one in classes.items() if one["share"]}
    return [intervals(name, _worst(shares))] if shares else []


def _estimated(estimate: Mapping[str, Any]) -> list[Block]:
    """How many labels of the data itself are wrong, in a sentence; or that the data cannot tell."""
    if not estimate:
        return []
    if not estimate["share"]:
        return [note("noise_cannot_tell", why=estimate["cannot_tell"])]
    return [note("noise_estimated", **_percents(estimate["share"]), records=estimate["records"])]


def _percents(share: Mapping[str, float]) -> dict[str, str]:
    return {name: percent(share[name]) for name in ("value", "low", "high")}


def _told(found: Mapping[str, Any]) -> Block:
    """Whether an audit was done, in a sentence; where none was, how to do one."""
    if not found.get("drawn"):
        return note("audit_none")
    if "share" not in found:
        return note("audit_open", **{name: found[name] for name in ("drawn", "answered", "needed")})
    return note("audit_done", **_percents(found["share"]), answered=found["answered"], of=found["of"])


def _audited(found: Mapping[str, Any], estimate: Mapping[str, Any]) -> list[Block]:
    if "share" not in found:
        return []
    figures = facts(
        ("audited_wrong", found["share"], "interval"),
        ("estimated_wrong", estimate.get("share"), "interval"),
        ("audit_answered", found["answered"], "num"),
        ("audit_wrong", found["wrong"], "num"),
        ("audit_doubted", found["wrong_doubted"], "num"),
    )
    return [{**figures, "name": "noise_audit"}]


def _table(estimated: Mapping[str, Any], classes: Mapping[str, Any]) -> Block:
    """One row a class, the worst by the model's estimate (else by the audit) first."""
    columns = {"class": "label"}
    if estimated:
        columns |= {"noise": "interval", "records": "num", "suspected": "num", "mostly": "label"}
    if classes:
        columns |= {"noise_audited": "interval", "looked_at": "num", "found_wrong": "num"}
    rows = []
    for name in sorted({*estimated, *classes}):
        row = _class_row(name, estimated.get(name, {}), classes.get(name, {}))
        rows.append([row[key] for key in columns])
    first = 1 if estimated else list(columns).index("noise_audited")
    rows.sort(key=lambda row: (-(row[first] or {"value": -1})["value"], row[0]))
    return table("noise", columns, rows)


def _class_row(name: str, guess: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "class": name,
        "noise": guess.get("share"),
        **{key: guess.get(key) for key in ("records", "suspected", "mostly")},
        "noise_audited": seen.get("share"),
        "looked_at": seen.get("answered"),
        "found_wrong": seen.get("wrong"),
    }


def _worst(shares: Mapping[str, Mapping[str, float] | None]) -> list[tuple[str, Mapping[str, float]]]:
    known = [(name, one) for name, one in shares.items() if one is not None]
    return sorted(known, key=lambda item: (-item[1]["value"], item[0]))[:20]


def _planted(inputs: Inputs) -> list[Block]:
    copies = (inputs.find("clean", "planted") or {}).get("copies", {})
    tried = [
        [name, one["threshold"], one["changed"], one["precision"]]
        for name, copy in copies.items()
        for one in copy["thresholds"]
        if one["changed"]
    ]
    kinds = {"errors": "code", "threshold": "pct", "suspects": "num", "precision": "pct"}
    return [details("how_good", [table("planted", kinds, tried)])] if tried else []
