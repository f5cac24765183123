"""Effect of each data step: models trained on the variants of the data, evaluated on one test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from pipeline.core.report_types import Figure, numbers
from pipeline.report.blocks import Block, details, from_notes, intervals, missing, note, table
from pipeline.report.figures import curve_of_sample
from pipeline.report.inputs import Inputs

#: Keys of the stage's report that are drawn here; everything else follows as it is.
_DRAWN = ("stage", "steps", "variants", "summary", "applies", "more_data", "effects")


class _Step(TypedDict, total=False):
    step: str
    against: str


class _Variant(TypedDict, total=False):
    """A model trained on a variant of the data: its rows, and its scores by metric."""

    rows: int
    metrics: Mapping[str, Figure]


class _Effect(TypedDict):
    """What a source, tag, teacher or step does to replies."""

    kind: str
    name: str
    rows: int
    verdict: str
    gain: Figure
    p: float
    fit: NotRequired[Figure]


class _Size(Figure):
    records: int


class MoreData(TypedDict, total=False):
    """The learning curve, and what twice as many records should bring."""

    points: Sequence[_Size]
    doubled: Figure
    forecast: Figure


def value(inputs: Inputs) -> list[Block]:
    """One verdict a step, the scores of the variants, the learning curve, and whatever else the value stage wrote."""
    report = inputs.report("value")
    if not report:
        return [missing("value")]
    if report.get("applies") is False:
        return [note("value_none", why=str(report.get("why", "")))]
    steps = report.get("steps", [])
    variants = _variants(steps, report.get("variants", {}))
    metric = str(report.get("metric", ""))
    figures = ("step", "verdict", "before", "after", "difference", "p")
    rows = [[*map(one.get, figures), inputs.cut(one.get("sentence", ""))] for one in steps]
    columns = {
        "step": "code",
        "verdict": "code",
        "before": "float",
        "after": "float",
        "difference": "interval",
        "p": "float",
        "in_words": "said",
    }
    rest = {key: one for key, one in report.items() if key not in _DRAWN}
    return [
        table("steps", columns, rows),
        *_scores(variants, metric),
        *more_data(report.get("more_data") or MoreData(), metric, curve_of_sample(inputs)),
        *_effects(report.get("effects") or ()),
        details("stage_notes", from_notes(rest)),
    ]


def _scores(variants: Mapping[str, _Variant], metric: str) -> list[Block]:
    """The score of each variant, drawn and as a table."""
    scores = {name: _value(one, metric) for name, one in variants.items()}
    known = [(name, score) for name, score in scores.items() if score is not None]
    sizes = [[name, one.get("rows"), scores[name]] for name, one in variants.items()]
    chart = [intervals("variants", known)] if known else []
    return [*chart, table("variants", {"data": "code", "train_rows": "num", "score": "interval"}, sizes)]


def _effects(found: Sequence[_Effect]) -> list[Block]:
    """Of sources, tags, teachers and cleaning steps on replies, the most harmful first."""
    columns = {
        "aspect": "code",
        "name": "text",
        "rows": "num",
        "verdict": "code",
        "gain": "interval",
        "p": "float",
        "replies_fit": "interval",
    }
    rows = [
        [one["kind"], one["name"], one["rows"], one["verdict"], one["gain"], one["p"], one.get("fit")]
        for one in sorted(found, key=lambda one: (one["verdict"] != "hurt", one["gain"]["value"], one["name"]))
    ]
    return [table("effects", columns, rows)] if rows else []


def _variants(steps: Sequence[_Step], known: Mapping[str, _Variant]) -> dict[str, _Variant]:
    """The variants in the order of the steps: keys of a JSON file are sorted."""
    order = [*(str(one.get("against")) for one in steps[:1]), *(str(one.get("step")) for one in steps)]
    return {name: known[name] for name in dict.fromkeys([*order, *sorted(known)]) if name in known}


def more_data(found: MoreData, metric: str, held: int = 0) -> list[Block]:
    """The learning curve, with what twice as many records would bring as its last point.

    `held`: the train records of the dataset where it has twice as many already, since a sample was measured.
    """
    points = found.get("points") or []
    rows = [(f"{one['records']:,}", _interval(one)) for one in points]
    gain = found.get("doubled")
    if not gain:
        return [intervals("more_data", rows)] if rows else []
    records = points[-1]["records"]
    if found.get("forecast"):
        rows.append(("twice_as_many", _interval(found["forecast"])))
    said = {name: f"{by:+.3f}" for name, by in numbers(gain).items()}
    told = note("more_data", records=records, metric=metric, **said)
    return [intervals("more_data", rows), told, *([note("more_data_held", records=records, held=held)] if held else [])]


def _interval(one: Figure) -> Figure:
    return {"value": one["value"], "low": one["low"], "high": one["high"]}


def _value(variant: _Variant, metric: str) -> Figure | None:
    return variant.get("metrics", {}).get(metric)
