"""Whether labels and errors lean on source, language, length or another declared attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Required, TypedDict

from pipeline.core.report_types import Figure
from pipeline.report.blocks import Block, missing, note, table
from pipeline.report.figures import plain_slice
from pipeline.report.inputs import Inputs

#: Names of attributes as the profile and as the evaluation write them.
_SAME = {"lang": "language"}
_STRONG, _CLEAR = 0.3, 0.1  # guesses: not measured
#: Labels that get a column of their own: more do not fit a page. A guess: not measured.
_LABELS = 8


class _Slice(TypedDict, total=False):
    """A value of an attribute, as the profile has it: its labels' counts, or the mean of a target that is a number."""

    slice: Required[str]
    records: Required[int]
    classes: Mapping[str, int]
    mean: float


class _Attribute(TypedDict):
    attribute: str
    measure: str
    value: float
    slices: Sequence[_Slice]


#: (attribute, slice) -> the model's score on it.
_Scores = Mapping[tuple[str, str], Figure]


def bias(inputs: Inputs) -> list[Block]:
    """Association of each attribute with the label, then every slice with its label mix and the model's score."""
    if not inputs.profile:
        return [missing("validate")]
    found: list[_Attribute] = inputs.profile.get("bias", [])
    if not found:
        return [note("bias_none")]
    kinds = {"attribute": "code", "measure": "code", "association": "float", "strength": "code", "slices": "num"}
    rows = [
        [one["attribute"], one["measure"], one["value"], strength(one["value"]), len(one["slices"])]
        for one in sorted(found, key=lambda one: (-one["value"], one["attribute"]))
    ]
    return [table("bias", kinds, rows), _slices(inputs, found)]


def strength(value: float) -> str:
    """An association in words: at 0.1 clear, at 0.3 strong (Cohen 1988 for one degree of freedom)."""
    return "strong" if value >= _STRONG else "clear" if value >= _CLEAR else "weak_link"


def _slices(inputs: Inputs, found: list[_Attribute]) -> Block:
    """One row a slice: its mix of labels (or its mean), the label it leans to most, the model's score on it."""
    labels = [*inputs.task.labels][:_LABELS]
    scores = {
        (one["attribute"], plain_slice(one["attribute"], one["slice"])): one
        for one in inputs.find("evaluate", "slices") or []
    }
    rows = [row for one in found for row in _rows_of(one, labels, scores)]
    rows.sort(key=lambda row: (-abs(row.lean or 0), row.attribute, row.slice))
    columns: dict[str, str] = {"attribute": "code", "slice": "label", "records": "num"}
    if any("classes" in part for one in found for part in one["slices"]):
        columns |= {f"={label}": "pct" for label in labels} | {"leans_to": "label", "lean": "change"}
    else:
        columns |= {"mean_target": "float"}
    shown = [[*row[:3], *row.mix, *(row[4:6] if "lean" in columns else ()), row.score] for row in rows]
    return table("bias_slices", columns | {"score": "interval"}, shown[: inputs.params.max_rows], len(rows))


class _SliceRow(NamedTuple):
    attribute: str
    slice: str
    records: int
    mix: Sequence[float | None]  # a share for each label, or the mean
    leans_to: str | None
    lean: float | None
    score: Mapping[str, float] | None


def _rows_of(one: _Attribute, labels: Sequence[str], scores: _Scores) -> list[_SliceRow]:
    """A row for each slice of an attribute."""
    whole = _mix([part.get("classes", {}) for part in one["slices"]])
    rows = []
    for part in one["slices"]:
        score = scores.get((_SAME.get(one["attribute"], one["attribute"]), part["slice"]))
        shown = {"value": score["value"], "low": score["low"], "high": score["high"]} if score else None
        mix, most, lean = _label_mix(part, labels, whole)
        rows.append(_SliceRow(one["attribute"], part["slice"], part["records"], mix, most, lean, shown))
    return rows


def _label_mix(
    part: _Slice, labels: Sequence[str], whole: Mapping[str, float]
) -> tuple[Sequence[float | None], str | None, float | None]:
    """Shares of the labels in a slice, the label that it has most more of than all slices together, and how much."""
    classes = part.get("classes", {})
    if not classes:
        return [part.get("mean")], None, None
    total = max(1, sum(classes.values()))
    shares = {label: classes.get(label, 0) / total for label in labels}
    lean = {label: share - whole.get(label, 0) for label, share in shares.items()}
    most = max(labels, key=lambda label: lean[label], default=None)
    return list(shares.values()), most, None if most is None else lean[most]


def _mix(parts: list[Mapping[str, int]]) -> dict[str, float]:
    total = max(1, sum(sum(part.values()) for part in parts))
    names = {name for part in parts for name in part}
    return {name: sum(part.get(name, 0) for part in parts) / total for name in names}
