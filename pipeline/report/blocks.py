"""The pieces that a section is made of: plain JSON, drawn by templates/blocks.html.

Texts of the interface are named by key (`strings/*.json`), values are data. A column or fact has one of
these types: `text`, `short` (a text that needs no room), `code` (a name of ours, translated where known),
`phrase` (a longer one), `said` (a sentence that a
stage wrote), `label` (a target), `id`, `num`, `pct` (a share), `float`, `change` (a signed difference of
shares or scores), `interval` (value, low, high), `truth` (yes or no), `diff` (pieces of an edit), `ok` (passed
or failed), `link` (an http address), `who` (who decided or answered), `known` (a name of ours where it is one,
else of the data), `figures` (pairs of a name and a figure). A column key that begins with `=` is a name from the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Required, TypedDict, TypeGuard

from pipeline.core.record import Target
from pipeline.stats.histogram import NOTES, Histogram


class Block(TypedDict, total=False):
    """A piece of a section. `kind` says which of the other keys it has: see the functions that make it."""

    kind: Required[str]
    name: str
    key: str
    tone: str
    args: Mapping[str, object]
    stages: list[str]
    columns: list[dict[str, str]]
    rows: list[list[Target]] | list[dict[str, Target]]  # cells in the type of their column
    total: int
    list: str
    decide: Mapping[str, object]
    decisions: Sequence[Mapping[str, str]]
    items: Sequence[Mapping[str, object]]
    series: Sequence[str] | Sequence[Mapping[str, object]]
    labels: Sequence[str]
    counts: Sequence[Sequence[int]] | Sequence[int]
    left_out: int
    measure: str
    edges: Sequence[float]
    limits: Mapping[str, float]
    bins: Sequence[Mapping[str, float]]
    ece: float | None
    points: Sequence[Mapping[str, Target]] | Sequence[Sequence[float]]
    names: Sequence[Mapping[str, object]]
    level: float | None
    blocks: Sequence[Block]


class Spreads(TypedDict, total=False):
    """What of a step's notes is drawn as histograms, by measure (stats/histogram.py); all else is left alone."""

    histograms: Mapping[str, Histogram | None] | None


def table(name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]], total: int | None = None) -> Block:
    """A table with one type a column. `total` is the full count where `rows` is a sample of it."""
    shown = [list(row) for row in rows]
    heads = [{"key": key, "type": kind} for key, kind in columns.items()]
    return {"kind": "table", "name": name, "columns": heads, "rows": shown, "total": max(total or 0, len(shown))}


def listed(block: Block, name: str) -> Block:
    """The table with the name of the list (rows/lists.py) that holds all its rows, in files beside the page."""
    return {**block, "list": name}


def decided(block: Block, offered: Mapping[str, object], rows: Sequence[Mapping[str, str]]) -> Block:
    """The table as a list in which a lead decides: each row's record, and label given and suggested as JSON.

    `offered` has what may be chosen (accept, change, keep, drop) and the labels to change to.
    """
    return {**block, "decide": dict(offered), "decisions": [dict(row) for row in rows]}


def linked(block: Block, links: Sequence[str | None]) -> Block:
    """The table with each row's task in Label Studio as its last column, where any row has one."""
    if not any(links):
        return block
    rows = [[*row, link] for row, link in zip(block["rows"], links, strict=True)]
    return {**block, "columns": [*block["columns"], {"key": "task", "type": "link"}], "rows": rows}


def facts(*items: tuple[str, object, str]) -> Block:
    """A line of figures: (string key, value, type) each; those without a value are left out."""
    shown = [{"key": key, "value": value, "type": kind} for key, value, kind in items if value is not None]
    return {"kind": "facts", "items": shown}


def note(key: str, tone: str = "info", **values: object) -> Block:
    """One sentence. `tone` is info, good, warn or bad."""
    return {"kind": "note", "key": key, "tone": tone, "args": values}


def missing(*stages: str) -> Block:
    """Says that the section's data is not there, and which stage makes it."""
    return {"kind": "missing", "stages": list(stages)}


def bars(
    name: str, series: Sequence[str], rows: Mapping[str, Mapping[str, int]], limit: int = 20, ordered: bool = False
) -> Block:
    """Stacked shares: one bar a row, one colour a series; the `limit` largest rows, or as they come where `ordered`."""
    order = list(rows) if ordered else sorted(rows, key=lambda row: (-sum(rows[row].values()), row))
    shown = [{"name": row, "values": [rows[row].get(one, 0) for one in series]} for row in order[:limit]]
    return {"kind": "bars", "name": name, "series": list(series), "rows": shown, "total": len(rows)}


def heat(labels: Sequence[str], counts: Sequence[Sequence[int]], left_out: int = 0) -> Block:
    """A confusion matrix: rows are the true labels, columns the predicted ones."""
    return {"kind": "heat", "labels": list(labels), "counts": [list(row) for row in counts], "left_out": left_out}


def reliability(name: str, bins: Iterable[Mapping[str, float]], ece: float | None) -> Block:
    """A calibration curve: bins of {confidence, accuracy, count}."""
    return {"kind": "reliability", "name": name, "bins": [dict(one) for one in bins], "ece": ece}


def intervals(name: str, rows: Sequence[tuple[str, Mapping[str, object]]]) -> Block:
    """Figures with 95 % intervals on one axis: (name, {value, low, high})."""
    return {"kind": "intervals", "name": name, "rows": [{"name": key, **value} for key, value in rows]}


def scatter(
    name: str,
    series: Sequence[str],
    points: Sequence[Mapping[str, object]],
    total: int,
    names: Sequence[Mapping[str, object]] = (),
) -> Block:
    """A map: points of {x, y, series, test, id, text}, drawn from `total` ones; `names` of {x, y, name} are written."""
    block: Block = {"kind": "scatter", "name": name, "series": list(series), "points": list(points)}
    return {**block, "names": list(names), "total": total}


def line(name: str, points: Sequence[Sequence[float]]) -> Block:
    """One curve of (x, y) pairs, both from zero."""
    return {"kind": "line", "name": name, "points": [list(point) for point in points]}


def curves(name: str, series: Mapping[str, Sequence[Sequence[float]]], level: float | None = None) -> Block:
    """Several curves of (count, share) pairs on one pair of axes; `level` is a share to reach."""
    drawn = [{"name": key, "points": [list(point) for point in points]} for key, points in series.items()]
    return {"kind": "curves", "name": name, "series": drawn, "level": level}


def histogram(name: str, measure: str, found: Histogram) -> Block:
    """The values that a filter of the step `name` looks at: edges, counts and limits (stats/histogram.py)."""
    block: Block = {"kind": "histogram", "name": name, "measure": measure}
    return {**block, "edges": found["edges"], "counts": found["counts"], "limits": found["limits"]}


def histograms(notes_by_step: Mapping[str, Spreads]) -> list[Block]:
    """The histograms among the notes of steps, side by side; nothing where there are none."""
    found = [histogram(name, measure, one) for name, notes in notes_by_step.items() for measure, one in _spreads(notes)]
    return [{"kind": "side", "blocks": found}] if found else []


def _spreads(notes: Spreads) -> list[tuple[str, Histogram]]:
    return [(measure, one) for measure, one in (notes.get(NOTES) or {}).items() if one]


def pairs(name: str, series: tuple[str, str], rows: Mapping[str, Sequence[float]], total: int) -> Block:
    """Two shares of each value side by side, as two dots on one line; `total` counts the values not drawn too."""
    drawn = [{"name": key, "values": list(values)} for key, values in rows.items()]
    return {"kind": "pairs", "name": name, "series": list(series), "rows": drawn, "total": total}


def details(key: str, blocks: Sequence[Block]) -> Block:
    """Blocks folded away under a heading."""
    return {"kind": "details", "key": key, "blocks": list(blocks)}


def stage_notes(blocks: Sequence[Block]) -> list[Block]:
    """What else a stage noted, folded away; nothing where there is nothing."""
    return [details("stage_notes", blocks)] if blocks else []


def from_notes(notes: Mapping[str, object], limit: int = 50, inside: str = "") -> list[Block]:
    """Whatever a stage noted, as figures, curves and tables: nothing that a stage wrote stays hidden."""
    ordered = sorted((key, value) for key, value in notes.items() if key.split(": ")[-1] != NOTES)
    plain = [(key, _figure(value), _told(_kind(value))) for key, value in ordered if _kind(value)]
    found: list[Block] = [{**facts(*plain), "name": inside}] if plain else []
    ece = _calibration_error(notes)
    for key, value in ordered:
        found += _from_note(f"{inside}: {key}" if inside else key, value, limit, ece)
    return found


def _calibration_error(notes: Mapping[str, object]) -> float | None:
    error = notes.get("ece", notes.get("ece_after"))
    return error if isinstance(error, float) else None


def _from_note(name: str, value: object, limit: int, ece: float | None) -> list[Block]:
    """A note that is no single figure."""
    if _is_curve(value):
        return [reliability(name, value, ece)]
    if isinstance(value, Mapping) and (any(map(_is_deep, value.values())) or _are_unlike(value)):
        return from_notes(value, limit, name)
    if value and isinstance(value, Mapping | list) and not _kind(value):
        return [_table_of(name, _as_rows(value), limit)]
    return []


#: Columns of a note's table whose texts are sentences or names of ours; those of others are data, and stay as they are.
_SENTENCES = ("why", "why_none", "cannot_tell", "sentence", "detail", "fluency_check", "label_check", "method", "value")


def _told(kind: str) -> str:
    return "said" if kind == "text" else kind  # in the page's language where it is a sentence or a name of ours


def _figure(value: object) -> object:
    return _cell(value) if isinstance(value, list) else value


def _table_of(name: str, rows: Sequence[Mapping[str, object]], limit: int) -> Block:
    columns = dict.fromkeys(key for row in rows for key in row if not _is_deep(row[key]))
    kinds = {key: _column_kind([row.get(key) for row in rows]) for key in columns}
    kinds |= {key: _told(kinds[key]) for key in _SENTENCES if key in kinds}
    kinds |= {key: "known" for key in ("name", "reason", "edit", "verdict") if kinds.get(key) == "text"}
    return table(name, kinds, [_cells(row, kinds) for row in rows[:limit]], len(rows))


def _cells(row: Mapping[str, object], kinds: Mapping[str, str]) -> list[object]:
    return [_in_column(row.get(key), kind) for key, kind in kinds.items()]


def _in_column(value: object, kind: str) -> object:
    if kind == "said" and isinstance(value, bool):  # yes or no among sentences
        return ("truth_no", "truth_yes")[value]
    return value if kind == "interval" else _cell(value)


def _are_plain(values: Sequence[object]) -> bool:
    """Whether these are a few plain values, such as the ends of an interval."""
    return bool(values) and not any(isinstance(one, Mapping | list) for one in values)


def _kind(value: object) -> str:
    """The type of a single figure; empty for what needs a table."""
    if isinstance(value, Mapping):
        return "interval" if {"value", "low", "high"} <= value.keys() else ""
    if isinstance(value, list):
        return "text" if _are_plain(value) else ""
    # A truth value is a number as well, so it goes first.
    plain = ((bool, "truth"), (int, "num"), (float, "float"), (str, "text"))
    return next((name for kind, name in plain if isinstance(value, kind)), "")


def _are_unlike(value: Mapping[str, object]) -> bool:
    """Whether these are figures of several kinds, which no column has room for: counts, texts, yes or no."""
    kinds = {_kind(one) for one in value.values() if one is not None}
    return "" not in kinds and len(kinds - {"float"} if "num" in kinds else kinds) > 1


def _is_curve(value: object) -> TypeGuard[list[Mapping[str, float]]]:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, Mapping) and {"confidence", "accuracy"} <= one.keys() for one in value)
    )


def _is_deep(value: object) -> bool:
    """Whether a value needs a table of its own."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(isinstance(one, Mapping | list) and not _kind(one) for one in inner) or (
        isinstance(value, list) and any(isinstance(one, Mapping) for one in inner)
    )


def _column_kind(values: Sequence[object]) -> str:
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {"num", "float"}:
        return "float"
    return (kinds.pop() or "text") if len(kinds) == 1 else "text"


def _cell(value: object) -> object:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_short(value[key])}" for key in sorted(value))
    return ", ".join(_short(one) for one in value) if isinstance(value, list) else value


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _as_rows(value: Mapping[str, object] | list[object]) -> list[dict[str, object]]:
    """A list of objects as it is; an object of objects or of figures as rows named by their key."""
    if isinstance(value, list):
        return [dict(one) if isinstance(one, Mapping) else {"value": _cell(one)} for one in value]
    named = (
        (str(key), one if isinstance(one, Mapping) and not _kind(one) else {"value": one}) for key, one in value.items()
    )
    return [{"name": key, **one} for key, one in named]
