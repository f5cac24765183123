"""The pieces that a section is made of: plain JSON, drawn by templates/blocks.html.

Texts of the interface are named by key (`strings/*.json`), values are data. A column or fact has one of
these types: `text`, `code` (a name of ours, translated where known), `label` (a target), `id`, `num`,
`pct` (a share), `float`, `interval` (value, low, high), `diff` (pieces of an edit), `ok` (true or false).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Block = dict[str, Any]


def table(name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], total: int | None = None) -> Block:
    """A table with one type a column. `total` is the full count where `rows` is a sample of it."""
    shown = [list(row) for row in rows]
    heads = [{"key": key, "type": kind} for key, kind in columns.items()]
    return {"kind": "table", "name": name, "columns": heads, "rows": shown, "total": max(total or 0, len(shown))}


def facts(*items: tuple[str, Any, str]) -> Block:
    """A line of figures: (string key, value, type) each; those without a value are left out."""
    shown = [{"key": key, "value": value, "type": kind} for key, value, kind in items if value is not None]
    return {"kind": "facts", "items": shown}


def note(key: str, tone: str = "info", **values: Any) -> Block:
    """One sentence. `tone` is info, good, warn or bad."""
    return {"kind": "note", "key": key, "tone": tone, "args": values}


def missing(*stages: str) -> Block:
    """Says that the section's data is not there, and which stage makes it."""
    return {"kind": "missing", "stages": list(stages)}


def bars(name: str, series: Sequence[str], rows: Mapping[str, Mapping[str, int]], limit: int = 20) -> Block:
    """Stacked shares: one bar a row, one colour a series; the `limit` largest rows."""
    order = sorted(rows, key=lambda row: (-sum(rows[row].values()), row))
    shown = [{"name": row, "values": [rows[row].get(one, 0) for one in series]} for row in order[:limit]]
    return {"kind": "bars", "name": name, "series": list(series), "rows": shown, "total": len(rows)}


def heat(labels: Sequence[str], counts: Sequence[Sequence[int]], left_out: int = 0) -> Block:
    """A confusion matrix: rows are the true labels, columns the predicted ones."""
    return {"kind": "heat", "labels": list(labels), "counts": [list(row) for row in counts], "left_out": left_out}


def reliability(name: str, bins: Iterable[Mapping[str, float]], ece: float | None) -> Block:
    """A calibration curve: bins of {confidence, accuracy, count}."""
    return {"kind": "reliability", "name": name, "bins": [dict(one) for one in bins], "ece": ece}


def intervals(name: str, rows: Sequence[tuple[str, Mapping[str, float]]]) -> Block:
    """Figures with 95 % intervals on one axis: (name, {value, low, high})."""
    return {"kind": "intervals", "name": name, "rows": [{"name": key, **value} for key, value in rows]}


def details(key: str, blocks: Sequence[Block]) -> Block:
    """Blocks folded away under a heading."""
    return {"kind": "details", "key": key, "blocks": list(blocks)}


def from_notes(notes: Mapping[str, Any], limit: int = 50) -> list[Block]:
    """Whatever a stage noted, as figures and tables: nothing that a stage wrote stays hidden."""
    plain = [(key, value, _kind(value)) for key, value in sorted(notes.items()) if _kind(value)]
    found = [facts(*plain)] if plain else []
    for key, value in sorted(notes.items()):
        rows = _as_rows(value)
        if rows:
            columns = list(dict.fromkeys(name for row in rows for name in row))
            kinds = {name: _column_kind([row.get(name) for row in rows]) for name in columns}
            cells = [[_cell(row.get(name)) for name in columns] for row in rows[:limit]]
            found.append(table(key, kinds, cells, len(rows)))
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "ok"
    if isinstance(value, int):
        return "num"
    if isinstance(value, float):
        return "float"
    return "text" if isinstance(value, str) else ""


def _column_kind(values: Sequence[Any]) -> str:
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {"num", "float"}:
        return "float"
    return kinds.pop() or "text" if len(kinds) == 1 else "text"


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value[key]}" for key in sorted(value))
    return ", ".join(str(one) for one in value) if isinstance(value, list) else value


def _as_rows(value: Any) -> list[dict[str, Any]]:
    """A list of objects as it is; an object of objects or of figures as rows named by their key."""
    if isinstance(value, list):
        return [one if isinstance(one, dict) else {"value": one} for one in value]
    if isinstance(value, Mapping):
        return [{"name": str(key), **(one if isinstance(one, dict) else {"value": one})} for key, one in value.items()]
    return []
