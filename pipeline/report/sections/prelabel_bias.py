"""Whether annotators follow the pre-label: those who saw it, held against those from whom a lot kept it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.blocks import Block, facts, note, table
from pipeline.report.inputs import Inputs

_TONES = {"follow": "warn", "no_sign": "good"}


def prelabel_bias(inputs: Inputs) -> list[Block]:
    """A plain sentence, and the figures behind it; where nothing was held back, how to check."""
    found = inputs.find("label", "prelabel_bias") or {"verdict": "none"}
    verdict = found["verdict"]
    if verdict == "none":
        return [note("prelabel_bias_none")]
    told = note(f"prelabel_bias_{verdict}", _TONES.get(verdict, "info"), **_figures(found))
    rows = [[f"prelabel_{name}", *(found[name][key] for key in ("records", "answers", "agree"))] for name in _GROUPS]
    columns = {"group": "code", "records": "num", "answers": "num", "as_prelabel": "interval"}
    difference = facts(("prelabel_bias_difference", found.get("difference"), "interval"))
    return [told, table("prelabel_bias", columns, rows), *([difference] if difference["items"] else [])]


_GROUPS = ("shown", "blind")


def _figures(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the sentence names."""
    if found["verdict"] == "not_enough":
        return {"needed": found["needed"], **{name: found[name]["records"] for name in _GROUPS}}
    shares = {name: f"{100 * found[name]['agree']['value']:.0f} %" for name in _GROUPS}
    return shares | {name: f"{100 * found['difference'][name]:+.0f}" for name in ("value", "low", "high")}
