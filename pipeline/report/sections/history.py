"""Released versions beside this one: records, scores and the model's metric, release by release."""

from __future__ import annotations

from pipeline.core.report_types import Figure
from pipeline.report.blocks import Block, intervals, table
from pipeline.report.figures import main_metric
from pipeline.report.inputs import Inputs
from pipeline.runtime.releases import HISTORY, Release, ReleaseMetric, read_history, summary_of

QUALITY_SCORES = ("accuracy", "consistency", "freedom_from_bias", "coverage", "scale", "diversity")

_SPLITS = ("train", "validation", "test")
#: Releases drawn: the latest. A guess: not measured.
_SHOWN = 20


def history(inputs: Inputs) -> list[Block]:
    """A row a release, oldest first, and this version as the last; nothing before the second release.

    The metric of a release is that of its own test split: compare where `test_frozen` holds.
    """
    past = read_history(inputs.folder / "released" / HISTORY)
    if not past:
        return []
    now = summary_of(inputs.profile, inputs.report("clean"), inputs.report("evaluate"))
    releases: list[Release] = [*past[-_SHOWN:], {"name": "this_version", "released_at": None, **now}]
    columns = {"release": "code", "released_at": "short", **dict.fromkeys(_SPLITS, "num"), "noise": "interval"}
    columns |= {"metric": "code", "score": "interval"}
    rows = [_row(one) for one in releases]
    shown = [table("history", columns, rows, len(past) + 1), _scores(releases)]
    name, _ = main_metric(inputs)
    scores = [(_named(one), _interval(one["metric"])) for one in releases if _metric_name(one) == name]
    return [*shown, *([intervals("history_metric", scores)] if len(scores) > 1 else [])]


def _metric_name(one: Release) -> str:
    return one["metric"]["name"] if "metric" in one else ""


def _named(one: Release) -> str:
    return str(one.get("name") or "first_release")


def _interval(one: ReleaseMetric) -> Figure:
    value = one["value"]
    return {"value": value, "low": one.get("low", value), "high": one.get("high", value)}


def _row(one: Release) -> list[object]:
    metric = one.get("metric")
    records = one.get("records", {})
    return [
        _named(one),
        (one.get("released_at") or "")[:10] or None,
        *(records.get(split, 0) for split in _SPLITS),
        one.get("wrong_labels"),
        metric["name"] if metric else None,
        _interval(metric) if metric else None,
    ]


def _scores(releases: list[Release]) -> Block:
    """The six scores, a row a release."""
    rows = [[_named(one), *(one.get("quality_scores", {}).get(name) for name in QUALITY_SCORES)] for one in releases]
    return table(
        "history_scores", {"release": "code", **{f"quality_score_{name}": "float" for name in QUALITY_SCORES}}, rows
    )
