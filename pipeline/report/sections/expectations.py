"""Every check of the dataset: its bound, what was measured, and how far that moved since the released version."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.report.blocks import Block, listed, missing, note, table
from pipeline.report.figures import Check, Gauge, expectations, fair_part
from pipeline.report.inputs import Inputs

#: The Data Docs in Chinese, beside the page (data_docs.py).
CHINESE_DOCS = "data_docs.zh.html"

#: Records shown that break an expectation: above all long ones, which would be a tenth of the page.
#: A guess: not measured.
_SHOWN = 50

_KINDS = {
    "ok": "ok",
    "check": "said",
    "severity": "code",
    "figure": "code",
    "limit": "short",
    "measured": "short",
    "before": "short",
    "moved": "short",
    "failing": "num",
    "observed": "said",
    "why": "said",
    "id": "id",
}


def expected(inputs: Inputs) -> list[Block]:
    """One row an expectation, failed ones first; the figures of the released version where there is one."""
    checks = expectations(inputs)
    if not checks:
        return [missing("validate")]
    gates = inputs.released.get("gates", {})
    checks.sort(key=lambda check: (check["ok"], check["severity"] != "error", check["name"]))
    rows = [_row(inputs, check, gates.get(check["key"], {})) for check in checks]
    docs = inputs.folder / "validate" / "data_docs" / "index.html"
    page = CHINESE_DOCS if inputs.params.language == "zh" else "../validate/data_docs/index.html"
    link = [note("data_docs", href=page)] if docs.is_file() else []
    return [_without_empty(rows), *_failing(inputs), *link]


def _failing(inputs: Inputs) -> list[Block]:
    """The records that break an expectation, as a list; all of them in its file."""
    found = inputs.table("validate/failing.parquet")
    if found is None or not found.num_rows:
        return []
    size = min(inputs.params.max_rows, _SHOWN)
    names = pc.unique(found.column("expect"))
    parts = [found.filter(pc.equal(found.column("expect"), name)).slice(0, size) for name in names]
    shown = fair_part(pa.concat_tables(parts).to_pylist(), "expect", size)
    records = inputs.records_by_id(row["record_id"] for row in shown)
    rows = [
        [row["expect"], row["title"], row["why"], inputs.text(records.get(row["record_id"])), row["record_id"]]
        for row in shown
    ]
    kinds = {"expectation": "code", "check": "said", "why": "said", "text": "text", "id": "id"}
    return [listed(table("failing", kinds, rows, found.num_rows), "failing")]


def _row(inputs: Inputs, check: Check, before: Mapping[str, float]) -> list[object]:
    return [
        check["ok"],
        inputs.cut(check["title"] or check["name"]),
        check["severity"],
        *(figures(check["gauges"][0], before) if check["gauges"] else [None] * 5),
        check["count"],
        inputs.cut(check["observed"] or ""),
        inputs.cut(check["why"] or ""),
        check["ids"][0] if check["ids"] else None,
    ]


def figures(gauge: Gauge, before: Mapping[str, float]) -> list[object]:
    """What is measured, its bounds, its value now and then, and how far it moved; in words, since units differ."""
    unit, value, was = gauge["unit"], gauge["value"], before.get(gauge["name"])
    limit = _limit(gauge["low"], gauge["high"], unit)
    then = None if was is None else _said(was, unit)
    return [gauge["name"], limit or None, _said(value, unit), then, None if was is None else _moved(value - was, unit)]


def _moved(by: float, unit: str) -> str:
    if not by:
        return "="
    return f"{'+' if by > 0 else '−'}{f'{100 * abs(by):.2g} %' if unit == 'share' else _said(abs(by), unit)}"


def _limit(low: float | None, high: float | None, unit: str) -> str:
    """Bounds in signs; one that leaves no room, such as all records or no problem, stands alone."""
    alone = low if unit == "share" and low == 1 else high if unit == "count" and high == 0 else None
    if alone is not None:
        return _said(alone, unit)
    signs = (("≥", low), ("≤", high))
    return ", ".join(f"{sign} {_said(bound, unit)}" for sign, bound in signs if bound is not None)


def _said(value: float, unit: str) -> str:
    if unit == "count":
        return f"{value:,.0f}"
    return f"{100 * value:.4g} %" if unit == "share" else f"{value:.3f}"


def _without_empty(rows: list[list[object]]) -> Block:
    """The table, without the columns of figures where no row has one."""
    optional = ("figure", "limit", "measured", "before", "moved")
    kept = [n for n, name in enumerate(_KINDS) if name not in optional or any(row[n] is not None for row in rows)]
    names = list(_KINDS)
    return table("expectations", {names[n]: _KINDS[names[n]] for n in kept}, [[row[n] for n in kept] for row in rows])
