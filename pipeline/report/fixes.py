"""What to fix first: how many records each problem concerns, and what fixing it should bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc

from pipeline.report.figures import expectations, reasons, review_counts
from pipeline.report.inputs import Inputs

#: How many are listed.
SHOWN = 5

#: Words in a licence field that mean nobody knows it.
_NO_LICENCE = ("", "unknown", "none", "unspecified", "other")

#: Reasons of the collect stage that params.yaml asked for: nothing to fix.
_ASKED_FOR = ("over_limit", "excluded_label", "filtered_out", "dropped_item")

#: What one unit of gain is worth beside a corrected label, to put unlike gains in one order.
_WORTH = {"labels": 1.0, "points": 1.0, "records": 0.3, "copies": 0.1}

Fix = dict[str, Any]


def fixes(inputs: Inputs) -> list[Fix]:
    """At most five: failed errors first, then by expected gain (corrected labels, points, records), then by records.

    Each has `key` and `args` (what is wrong), `n` records, `section`, `tone` and `gain` (key and args, or None).
    """
    found = [*_failed_checks(inputs), *_reviews(inputs), *_more_records(inputs), *_weak(inputs), *_licences(inputs)]
    found.sort(key=lambda fix: (fix["tone"] != "bad", -fix.pop("weight"), -fix["n"], fix["key"]))
    return found[:SHOWN]


def _fix(key: str, n: int, section: str, tone: str = "warn", weight: float = 0.0, **more: Any) -> Fix:
    return {"key": key, "n": n, "section": section, "tone": tone, "weight": weight, "args": {}, "gain": None, **more}


def _gain(key: str, **values: Any) -> dict[str, Any]:
    return {"key": f"gain.{key}", "args": values}


def _failed_checks(inputs: Inputs) -> Iterator[Fix]:
    for check in expectations(inputs):
        if not check["ok"]:
            tone = "bad" if check["severity"] == "error" else "warn"
            gain = _gain("run_goes_on" if tone == "bad" else "check_passed")
            n, names = check["count"] or 0, {"name": check["name"]}
            yield _fix("fix.expectation", n, "expectations", tone, 0.5 * n / _rows(inputs), args=names, gain=gain)


def _reviews(inputs: Inputs) -> Iterator[Fix]:
    rows = _rows(inputs)
    precision = _suspect_precision(inputs)
    for reason, n in review_counts(inputs).items():
        args = {"reason": reason}
        if reason in ("label_error", "label_set_aside") and precision is not None:
            key, wrong = _wrong_labels(inputs, precision * n)
            gain = _gain(key, n=wrong, share=_percent(wrong / rows))
            yield _fix("fix.review", n, "doubtful", weight=_WORTH["labels"] * wrong / rows, args=args, gain=gain)
        elif reason in ("conflicting_label", "near_duplicate_other_label"):
            gain = _gain("labels_at_least", n=n // 2, share=_percent(n / 2 / rows))
            yield _fix("fix.review", n, "conflicts", weight=_WORTH["labels"] * n / 2 / rows, args=args, gain=gain)
        elif reason == "template_cluster":
            gain = _gain("fewer_copies", n=n, share=_percent(n / rows))
            yield _fix("fix.review", n, "duplicates", weight=_WORTH["copies"] * n / rows, args=args, gain=gain)
        else:
            yield _fix("fix.review", n, "doubtful", weight=0.1 * n / rows, args=args)


def _wrong_labels(inputs: Inputs, suspected: float) -> tuple[str, int]:
    """How many labels a review of all suspects corrects, held against the estimated share of wrong labels.

    The suspects' precision was measured on planted errors, of which there are as many as were planted: real ones may be
    fewer. Where the estimate says so it bounds the gain, and the gain is no more than that.
    """
    share = (inputs.find("clean", "label_noise") or {}).get("share")
    if not share:
        return "labels", round(suspected)
    records = inputs.find("clean", "label_noise")["records"]
    key = "labels" if suspected <= share["value"] * records else "labels_at_most"
    return key, round(min(suspected, share["high"] * records))


def _suspect_precision(inputs: Inputs) -> float | None:
    """Share of suspects that were wrong where noise was planted into this very data.

    At the lowest confidence that was measured, of the copy whose noise is hardest to tell.
    """
    copies = (inputs.find("clean", "planted") or {}).get("copies", {})
    tried = [[one for one in copy["thresholds"] if one["changed"]] for copy in copies.values()]
    found = [min(some, key=lambda one: one["threshold"])["precision"] for some in tried if some]
    return float(min(found, default=0.0)) or None


def _more_records(inputs: Inputs) -> Iterator[Fix]:
    rows = _rows(inputs)
    waiting = reasons(inputs.report("label")).get("awaiting_label", 0)
    waiting += inputs.report("augment").get("kept_by", {}).get("labels_by", {}).get("(none)", 0)
    lost = sum(count for reason, count in reasons(inputs.report("collect")).items() if reason not in _ASKED_FOR)
    for key, n, section, tone in (
        ("fix.unlabelled", waiting, "decisions", "info"),
        ("fix.quarantine", lost, "drops", "warn"),
    ):
        if n:
            gain = _gain("records", n=n, share=_percent(n / rows))
            yield _fix(key, n, section, tone, _WORTH["records"] * n / rows, gain=gain)


def _weak(inputs: Inputs) -> Iterator[Fix]:
    """Slices on which the model is worse, and regions of the data that it hardly saw."""
    yield from _weak_slices(inputs)
    yield from _thin_regions(inputs)


def _weak_slices(inputs: Inputs) -> Iterator[Fix]:
    """The gain is what the whole test split would win if the model did as well there as elsewhere."""
    rows = inputs.report("evaluate").get("n") or 0
    name = str(inputs.find("evaluate", "headline") or "")
    for one in inputs.find("evaluate", "slices") or []:
        if one.get("worse") and rows and isinstance(one.get("difference"), dict):
            gain = abs(one["difference"]["value"]) * one["n"] / rows
            args = {"attribute": one["attribute"], "slice": f"“{one['slice']}”"}
            worth = _WORTH["points"] * gain / 4  # a gap is never closed wholly
            shown = _gain("points", points=f"{100 * gain:.1f}", name=name)
            yield _fix("fix.slice", one["n"], "model", "warn", worth, args=args, gain=shown)


def _thin_regions(inputs: Inputs) -> Iterator[Fix]:
    for region in inputs.profile.get("coverage", {}).get("regions", []):
        if region["thin"] and region["test_share"] > 3 * region["train_share"]:
            args = {"words": f"“{', '.join(region['words'][:3])}”"}
            gain = _gain("covered", share=_percent(region["test_share"]))
            yield _fix(
                "fix.thin", region["records"], "coverage", weight=0.1 * region["test_share"], args=args, gain=gain
            )


def _licences(inputs: Inputs) -> Iterator[Fix]:
    table = inputs.table("collect/records.parquet", ["source"])
    if table is None:
        return
    counts = pc.value_counts(pc.struct_field(table.column("source"), "licence")).to_pylist()
    gaps = sum(one["counts"] for one in counts if str(one["values"] or "").strip().lower() in _NO_LICENCE)
    if gaps:
        yield _fix("fix.licence", gaps, "sources", weight=gaps / table.num_rows, gain=_gain("may_publish"))


def _rows(inputs: Inputs) -> int:
    result: int = max(1, inputs.report("augment").get("kept", 1))
    return result


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
