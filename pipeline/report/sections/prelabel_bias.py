"""Whether annotators follow the pre-label: those who saw it, held against those from whom a lot kept it."""

from __future__ import annotations

from typing import Required, TypedDict

from pipeline.core.report_types import Figure, numbers
from pipeline.report.blocks import Block, facts, note, table
from pipeline.report.inputs import Inputs

_TONES = {"follow": "warn", "no_sign": "good"}


class _Group(TypedDict):
    records: int
    answers: int
    agree: Figure


class _Bias(TypedDict, total=False):
    """What the label stage notes: the groups that saw the pre-label and did not, and how far they differ."""

    verdict: Required[str]
    needed: int
    shown: _Group
    blind: _Group
    difference: Figure


def prelabel_bias(inputs: Inputs) -> list[Block]:
    """A plain sentence, and the figures behind it; where nothing was held back, how to check."""
    found: _Bias = inputs.find("label", "prelabel_bias") or _Bias(verdict="none")
    verdict = found["verdict"]
    if verdict == "none":
        return [note("prelabel_bias_none")]
    told = note(f"prelabel_bias_{verdict}", _TONES.get(verdict, "info"), **_figures(found))
    rows = [
        [f"prelabel_{name}", group["records"], group["answers"], group["agree"]]
        for name, group in (("shown", found["shown"]), ("blind", found["blind"]))
    ]
    columns = {"group": "code", "records": "num", "answers": "num", "as_prelabel": "interval"}
    difference = facts(("prelabel_bias_difference", found.get("difference"), "interval"))
    return [told, table("prelabel_bias", columns, rows), *([difference] if difference["items"] else [])]


def _figures(found: _Bias) -> dict[str, object]:
    """What the sentence names."""
    groups = {"shown": found["shown"], "blind": found["blind"]}
    if found["verdict"] == "not_enough":
        return {"needed": found["needed"], **{name: group["records"] for name, group in groups.items()}}
    gap = found["difference"]
    return {
        **{name: f"{100 * group['agree']['value']:.0f} %" for name, group in groups.items()},
        **{name: f"{100 * share:+.0f}" for name, share in numbers(gap).items()},
    }
