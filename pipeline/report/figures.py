"""Figures that several parts of the page need, read tolerantly from the stages' reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipeline.report.inputs import Inputs

#: The figure a project is known by: the first of these that the evaluation reports.
_MAIN = ("macro_f1", "accuracy", "f1", "exact_match", "rouge_l", "rougeL", "pearson", "chrf", "perplexity", "loss")


def expectations(inputs: Inputs) -> list[dict[str, Any]]:
    """Every expectation of the validate stage: name, column, severity, ok, count of failing rows, ids, detail."""
    listed = inputs.find("validate", "expectations", "results", "checks") or []
    return [_expectation(one) for one in listed if isinstance(one, Mapping)]


def _expectation(one: Mapping[str, Any]) -> dict[str, Any]:
    def first(*names: str) -> Any:
        return next((one[name] for name in names if one.get(name) is not None), None)

    return {
        "name": str(first("name", "expect", "expectation", "type") or "?"),
        "column": first("column"),
        "severity": str(first("severity") or "error"),
        "ok": bool(first("success", "ok", "passed")),
        "count": first("failing", "failed", "count", "unexpected_count", "unexpected"),
        "ids": list(first("ids", "record_ids", "first_ids", "examples") or []),
        "detail": first("detail", "message", "observed", "why"),
    }


def metrics(inputs: Inputs) -> dict[str, dict[str, Any]]:
    """Model metrics on the test split: name -> {value, low, high}."""
    found = inputs.report("evaluate").get("metrics") or {}
    return {name: one if isinstance(one, dict) else {"value": one} for name, one in found.items()}


def main_metric(inputs: Inputs) -> tuple[str, dict[str, Any] | None]:
    """Name and figure that the project is judged by; an empty name where there is none."""
    found = metrics(inputs)
    name = next((name for name in _MAIN if name in found), next(iter(sorted(found)), ""))
    return name, found.get(name)


def review_counts(inputs: Inputs) -> dict[str, int]:
    """Records in the review queue by reason, most frequent first."""
    table = inputs.table("clean/review.parquet", ["reason"])
    counts = Counter(table.column("reason").to_pylist() if table is not None else [])
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
