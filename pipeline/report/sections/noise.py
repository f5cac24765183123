"""How many labels are wrong: what a model estimates, what people found in a sample, and how good suspicions are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from pipeline.core.report_types import Figure, numbers
from pipeline.report.blocks import Block, details, facts, intervals, note, table
from pipeline.report.figures import percent
from pipeline.report.inputs import Inputs


class _Guess(TypedDict, total=False):
    """What a model estimates of one class."""

    share: Figure | None
    records: int
    suspected: int
    mostly: str | None


class _Seen(TypedDict, total=False):
    """What people found of one class in a random sample."""

    share: Figure | None
    answered: int
    wrong: int


class _Estimate(TypedDict, total=False):
    """What the step `label_errors` notes as `label_noise`."""

    share: Figure | None
    records: int
    cannot_tell: str
    classes: Mapping[str, _Guess]


class _Audit(TypedDict, total=False):
    """What the label stage notes of an audit: `drawn` is all that is there before anybody answered."""

    drawn: int
    answered: int
    needed: int
    of: int
    share: Figure
    wrong: int
    wrong_suspected: int
    by_class: Mapping[str, _Seen]


def noise(inputs: Inputs) -> list[Block]:
    """The estimated share of wrong labels, that of each class, the audited ones beside; then how good suspicion is."""
    estimate: _Estimate = inputs.find("clean", "label_noise") or _Estimate()
    estimated = estimate.get("classes") or {}
    found: _Audit = inputs.find("label", "audit") or _Audit()
    classes = found.get("by_class") or {}
    told = [_told(found)] if estimate or found else []  # nothing to audit where nobody has labelled yet
    blocks = [*_estimated(estimate), *told, *_audited(found, estimate)]
    drawn = [*_drawn("noise", estimated), *_drawn("noise_audited", classes)]
    return [*blocks, *drawn, *_table(estimated, classes), *_planted(inputs)]


def _drawn(name: str, classes: Mapping[str, _Guess] | Mapping[str, _Seen]) -> list[Block]:
    """The shares of the classes that have one, the worst first."""
    shares = {label: share for label, one in classes.items() if (share := one["share"])}
    return [intervals(name, _worst(shares))] if shares else []


def _estimated(estimate: _Estimate) -> list[Block]:
    """How many labels of the data itself are wrong, in a sentence; or that the data cannot tell."""
    if not estimate:
        return []
    if not estimate["share"]:
        return [note("noise_cannot_tell", why=estimate["cannot_tell"])]
    return [note("noise_estimated", **_percents(estimate["share"]), records=estimate["records"])]


def _percents(share: Figure) -> dict[str, str]:
    return {name: percent(part) for name, part in numbers(share).items()}


def _told(found: _Audit) -> Block:
    """Whether an audit was done, in a sentence; where none was, how to do one."""
    if not found.get("drawn"):
        return note("audit_none")
    if "share" not in found:
        return note("audit_open", drawn=found["drawn"], answered=found["answered"], needed=found["needed"])
    return note("audit_done", **_percents(found["share"]), answered=found["answered"], of=found["of"])


def _audited(found: _Audit, estimate: _Estimate) -> list[Block]:
    if "share" not in found:
        return []
    figures = facts(
        ("audited_wrong", found["share"], "interval"),
        ("estimated_wrong", estimate.get("share"), "interval"),
        ("audit_answered", found["answered"], "num"),
        ("audit_wrong", found["wrong"], "num"),
        ("audit_suspected", found["wrong_suspected"], "num"),
    )
    return [{**figures, "name": "noise_audit"}]


def _table(estimated: Mapping[str, _Guess], classes: Mapping[str, _Seen]) -> list[Block]:
    """One row a class, the worst by the model's estimate (else by the audit) first; nothing without classes."""
    columns = {"class": "label"}
    if estimated:
        columns |= {"noise": "interval", "records": "num", "suspected": "num", "mostly": "label"}
    if classes:
        columns |= {"noise_audited": "interval", "looked_at": "num", "found_wrong": "num"}

    def how_bad(name: str) -> float:
        share = estimated.get(name, {}).get("share") if estimated else classes[name].get("share")
        return share["value"] if share else -1

    rows = []
    for name in sorted({*estimated, *classes}, key=lambda name: (-how_bad(name), name)):
        row = _class_row(name, estimated.get(name, {}), classes.get(name, {}))
        rows.append([row[key] for key in columns])
    return [table("noise", columns, rows)] if rows else []


def _class_row(name: str, guess: _Guess, seen: _Seen) -> dict[str, object]:
    return {
        "class": name,
        "noise": guess.get("share"),
        "records": guess.get("records"),
        "suspected": guess.get("suspected"),
        "mostly": guess.get("mostly"),
        "noise_audited": seen.get("share"),
        "looked_at": seen.get("answered"),
        "found_wrong": seen.get("wrong"),
    }


def _worst(shares: Mapping[str, Figure]) -> list[tuple[str, Figure]]:
    return sorted(shares.items(), key=lambda item: (-item[1]["value"], item[0]))[:20]


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
