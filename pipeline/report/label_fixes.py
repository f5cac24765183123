"""What to fix first in the labels: labels that have nothing to do with the texts, and records that wait for review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TypedDict

from pipeline.report.figures import percent, review_counts
from pipeline.report.fix import WORTH, Fix, fix_of, gain_of, records_in, rows
from pipeline.report.inputs import Inputs
from pipeline.report.verdict.labels import learnable
from pipeline.stats.intervals import share_of


def unrelated(inputs: Inputs) -> Iterator[Fix]:
    """Labels that cannot be learned from: a random sample of them goes to people, who see no label (the audit)."""
    if any(found.state == "fail" for found in learnable(inputs)):
        action = {"kind": "setting", "text": "label: {audit: {records: 50}}  # then: dvc repro label, sft label push"}
        total = records_in(inputs)
        yield fix_of("labels_unrelated", total, "label_errors", "bad", 1.0, gain=gain_of("learnable"), action=action)


def reviews(inputs: Inputs) -> Iterator[Fix]:
    """The records that wait for review, by reason; of doubted labels how many a review corrects."""
    total = records_in(inputs)
    for reason, n in review_counts(inputs).items():
        put = partial(fix_of, "review", n, "label_errors", args={"reason": reason})
        action = rows("label_errors", "label_errors", reason=reason)
        if reason in ("label_error", "label_set_aside") and (wrong := _wrong_labels(inputs, n)):
            key, value, low, high = wrong
            gain = gain_of(key, n=value, low=low, high=high, share=percent(value / total))
            yield put(weight=WORTH["labels"] * value / total, gain=gain, action=action)
        elif reason in ("conflicting_label", "near_duplicate_other_label"):
            gain = gain_of("labels_at_least", n=n // 2, most=n, share=percent(n / 2 / total))
            yield put(weight=WORTH["labels"] * n / 2 / total, gain=gain, action=action)
        elif reason == "template_cluster":
            gain = gain_of("fewer_copies", n=n, share=percent(n / total))
            yield put(weight=WORTH["copies"] * n / total, gain=gain, action=action)
        else:
            yield put(weight=0.1 * n / total, gain=gain_of("looked_at"), action=action)


def _wrong_labels(inputs: Inputs, n: int) -> tuple[str, int, int, int] | None:
    """How many labels a review of `n` suspects corrects, with an interval, held against the estimate of wrong labels.

    The suspects' precision was measured on planted errors, of which there are as many as were planted: real ones may be
    fewer. Where the estimate says so the gain is 'up to': at most what the estimate allows, and the interval begins
    where its own does. None without a measurement.
    """
    precision = _suspect_precision(inputs)
    if precision is None:
        return None
    value, low, high = (round(precision[name] * n) for name in ("value", "low", "high"))
    estimate = inputs.find("clean", "label_noise") or {}
    if not estimate.get("share"):
        return "labels", value, low, high
    likely, least, most = (estimate["share"][name] * estimate["records"] for name in ("value", "low", "high"))
    if value > likely:
        return "labels_at_most", round(min(value, most)), round(min(low, least)), round(min(high, most))
    return "labels", *(round(min(figure, most)) for figure in (value, low, high))


def _suspect_precision(inputs: Inputs) -> dict[str, float] | None:
    """Share of suspects that were wrong where noise was planted into this very data, with its interval.

    At the lowest confidence that was measured, of the copy whose noise is hardest to tell.
    """
    copies = (inputs.find("clean", "planted") or {}).get("copies", {})
    found = [lowest for copy in copies.values() if (lowest := _lowest_that_changes(copy))]
    if not found:
        return None
    worst = min(found, key=lambda one: float(one["precision"]))
    return share_of(worst["precision"] * worst["changed"], worst["changed"]) if worst["precision"] else None


class _Tried(TypedDict):
    threshold: float
    changed: int
    precision: float


class _Copy(TypedDict):
    """A copy of the data with errors planted: what each confidence changed of it, and the share that was right."""

    thresholds: Sequence[_Tried]


def _lowest_that_changes(copy: _Copy) -> _Tried | None:
    """The lowest confidence at which a target of the copy was changed."""
    tried = [one for one in copy["thresholds"] if one["changed"]]
    return min(tried, key=lambda one: one["threshold"], default=None)
