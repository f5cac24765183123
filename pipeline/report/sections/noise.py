"""How many labels are wrong: what a model estimates, what people found in a random sample, and how good doubts are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.blocks import Block, details, facts, intervals, note, table
from pipeline.report.inputs import Inputs


def noise(inputs: Inputs) -> list[Block]:
    """The estimated share of wrong labels per class, the audited one beside it; then how good the suspicion is."""
    estimated = inputs.find("clean", "noise_by_class") or {}
    found = inputs.find("label", "audit") or {}
    classes = found.get("by_class") or {}
    blocks = [_told(found), *_audited(found, estimated)]
    if estimated:
        shares = {name: _interval(one) for name, one in estimated.items()}
        blocks.append(intervals("noise", _worst(shares)))
    if classes:
        blocks.append(intervals("noise_audited", _worst({name: one["share"] for name, one in classes.items()})))
    if estimated or classes:
        blocks.append(_table(estimated, classes))
    return [*blocks, *_planted(inputs)]


def _told(found: Mapping[str, Any]) -> Block:
    """Whether an audit was done, in a sentence; where none was, how to do one."""
    if not found.get("drawn"):
        return note("audit_none")
    if "share" not in found:
        return note("audit_open", **{name: found[name] for name in ("drawn", "answered", "needed")})
    percents = {name: f"{100 * found['share'][name]:.1f} %" for name in ("value", "low", "high")}
    return note("audit_done", **percents, answered=found["answered"], of=found["of"])


def _audited(found: Mapping[str, Any], estimated: Mapping[str, Any]) -> list[Block]:
    if "share" not in found:
        return []
    records = sum(one["records"] for one in estimated.values())
    guess = sum(one["rate"] * one["records"] for one in estimated.values()) / records if records else None
    figures = facts(
        ("audited_wrong", found["share"], "interval"),
        ("estimated_wrong", guess, "pct"),
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
        "noise": _interval(guess) if guess else None,
        **{key: guess.get(key) for key in ("records", "suspected", "mostly")},
        "noise_audited": seen.get("share"),
        "looked_at": seen.get("answered"),
        "found_wrong": seen.get("wrong"),
    }


def _worst(shares: Mapping[str, Mapping[str, float] | None]) -> list[tuple[str, Mapping[str, float]]]:
    known = [(name, one) for name, one in shares.items() if one is not None]
    return sorted(known, key=lambda item: (-item[1]["value"], item[0]))[:20]


def _interval(one: Mapping[str, float]) -> dict[str, float]:
    return {"value": one["rate"], "low": one["low"], "high": one["high"]}


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
