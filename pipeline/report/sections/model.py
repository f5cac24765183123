"""Expectations over the dataset, and how the model trained on it fares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.blocks import Block, details, from_notes, heat, intervals, missing, note, reliability, table
from pipeline.report.figures import expectations, metrics
from pipeline.report.inputs import Inputs

_KNOWN = {"metrics", "confusion", "reliability", "calibration", "slices", "worst", "worst_errors", "per_class", "stage"}
_LARGEST_MATRIX = 20


def expected(inputs: Inputs) -> list[Block]:
    """Every expectation: passed or not, how many rows fail, which records."""
    checks = expectations(inputs)
    if not checks:
        return [missing("validate")]
    checks.sort(key=lambda check: (check["ok"], check["severity"] != "error", check["name"]))
    rows = [
        [check["ok"], check["name"], check["column"], check["severity"], check["count"],
         inputs.cut(check["detail"] or ""), ", ".join(str(one)[:10] for one in check["ids"][:5])]
        for check in checks
    ]  # fmt: skip
    kinds = {"ok": "ok", "expectation": "code", "column": "code", "severity": "code", "failing": "num", "why": "text", "records_shown": "text"}
    return [table("expectations", kinds, rows)]


def model(inputs: Inputs) -> list[Block]:
    """Metrics with intervals, confusion, calibration, slices, worst errors."""
    report = inputs.report("evaluate")
    if not report:
        return [missing("train", "evaluate")]
    blocks = _metrics(inputs)
    matrix = inputs.find("evaluate", "confusion")
    if isinstance(matrix, Mapping) and matrix.get("labels"):
        blocks.append(_confusion(list(matrix["labels"]), matrix.get("counts") or matrix.get("matrix") or []))
    curve = inputs.find("evaluate", "reliability", "calibration")
    bins = curve.get("bins") if isinstance(curve, Mapping) else curve
    if bins:
        ece = (curve.get("ece") if isinstance(curve, Mapping) else None) or metrics(inputs).get("ece", {}).get("value")
        blocks.append(reliability("model", bins, ece))
    for name in ("per_class", "slices", "worst", "worst_errors"):
        found = inputs.find("evaluate", name)
        if found:
            blocks += from_notes({name: _shortened(inputs, found)}, inputs.params.max_rows)
    rest = {key: value for key, value in {**report, **report.get("notes", {})}.items() if key not in {*_KNOWN, "notes"}}
    more = from_notes(rest) + from_notes({f"train: {k}": v for k, v in inputs.report("train").items() if k != "stage"})
    return [*blocks, *([details("stage_notes", more)] if more else [])] or [note("model_none")]


def _metrics(inputs: Inputs) -> list[Block]:
    found = metrics(inputs)
    shares = [(name, one) for name, one in found.items() if _is_share(one)]
    columns = {"metric": "code", "value": "float", "low": "float", "high": "float"}
    rows = [[name, one.get("value"), one.get("low"), one.get("high")] for name, one in found.items()]
    chart = [intervals("metrics", shares)] if shares else []
    return [*chart, table("metrics", columns, rows)] if rows else []


def _is_share(one: Mapping[str, Any]) -> bool:
    values = [one.get(key) for key in ("value", "low", "high")]
    return all(isinstance(value, int | float) and 0 <= value <= 1 for value in values)


def _confusion(labels: list[str], counts: Sequence[Sequence[int]]) -> Block:
    """The matrix of the largest classes, at most twenty: more cannot be read."""
    sizes = [sum(row) + sum(other[n] for other in counts) for n, row in enumerate(counts)]
    keep = sorted(sorted(range(len(labels)), key=lambda n: (-sizes[n], n))[:_LARGEST_MATRIX])
    return heat([labels[n] for n in keep], [[counts[a][b] for b in keep] for a in keep], len(labels) - len(keep))


def _shortened(inputs: Inputs, value: Any) -> Any:
    if isinstance(value, str):
        return inputs.cut(value)
    if isinstance(value, list):
        return [_shortened(inputs, one) for one in value]
    return {key: _shortened(inputs, one) for key, one in value.items()} if isinstance(value, Mapping) else value
