"""What to fix first: how many records each problem concerns, why, what fixing it should bring, and one thing to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NotRequired, TypedDict, Unpack

import pyarrow.compute as pc

from pipeline.report.figures import (
    curve_of_sample,
    expectations,
    main_metric,
    percent,
    plain_slice,
    reasons,
    review_counts,
)
from pipeline.report.inputs import Inputs
from pipeline.report.verdict.model import gaps, unread
from pipeline.runtime.store import files_of
from pipeline.stats.intervals import share_of

#: How many are listed. A guess: not measured.
SHOWN = 5

#: Words in a licence field that mean nobody knows it.
_NO_LICENCE = ("", "unknown", "none", "unspecified", "other")

#: Reasons of the collect stage that params.yaml asked for, or that repeat what is there: nothing to fix.
_ASKED_FOR = ("over_limit", "excluded_label", "filtered_out")
_REPEATS = ("repeated_key", "repeated_vote", "dropped_item", "unknown_item")

#: What one unit of gain is worth beside a corrected label, to put unlike gains in one order. A guess: not measured.
_WORTH = {"labels": 1.0, "points": 1.0, "records": 0.3, "copies": 0.1}


class _More(TypedDict, total=False):
    args: Mapping[str, object]
    gain: Mapping[str, object] | None
    action: Mapping[str, object]


class Fix(_More):
    """One line of what to do next; see `fixes`. `weight` is what the order goes by; the page needs it no more."""

    key: str
    n: int
    section: str
    tone: str
    weight: NotRequired[float]


def fixes(inputs: Inputs) -> list[Fix]:
    """At most five: what makes the dataset unfit first, then by expected gain, then by records.

    Each has `key` and `args` (what is wrong), `n` records, `section`, `tone`, `gain` (key and args, or None) and
    `action`: `kind` rows (`href` to a filtered list), command or setting (`text` to copy).
    """
    found = [fix for source in _SOURCES for fix in source(inputs) if fix["n"]]
    found.sort(key=lambda fix: (fix["tone"] != "bad", -fix.pop("weight"), -fix["n"], fix["key"]))
    return found[:SHOWN]


def _fix(key: str, n: int, section: str, tone: str = "warn", weight: float = 0.0, **more: Unpack[_More]) -> Fix:
    start: Fix = {"key": f"fix.{key}", "n": n, "section": section, "tone": tone, "weight": weight}
    return {**start, "args": {}, "gain": None, "action": rows(section), **more}


def rows(section: str, table: str = "", **filters: str) -> dict[str, str]:
    """The action to look at a list, filtered by columns."""
    state = "&".join(f"{key}={value}" for key, value in filters.items())
    return {"kind": "rows", "href": f"#{section}" + (f"/{table}" if table else "") + (f"?{state}" if state else "")}


def _gain(key: str, **values: object) -> dict[str, object]:
    return {"key": f"gain.{key}", "args": values}


def _failed_checks(inputs: Inputs) -> Iterator[Fix]:
    for check in expectations(inputs):
        if not check["ok"]:
            tone = "bad" if check["severity"] == "error" else "warn"
            gain = _gain("run_goes_on" if tone == "bad" else "check_passed")
            n, names = check["count"] or 1, {"name": inputs.cut(check["title"] or check["name"])}
            key = "expectation" if check["ids"] else "expectation_counts"  # classes or splits, not records
            listed = check["ids"] and files_of(inputs.folder / "validate/failing.parquet")
            action = (
                rows("expectations", "failing", expectation=check["name"])
                if listed
                else rows("expectations", "expectations", ok="False")
            )
            more: _More = {"args": names, "gain": gain, "action": action}
            yield _fix(key, n, "expectations", tone, 0.5 * n / _rows(inputs), **more)


def _model(inputs: Inputs) -> Iterator[Fix]:
    """A reference that is better: what the model would win by being as good, and how to find out what does it."""
    name, _ = main_metric(inputs)
    worse = {key: gap for key, gap in gaps(inputs).items() if gap["high"] < 0}
    if worse:
        best = min(worse, key=lambda key: (worse[key]["value"], key))
        low, high = sorted(-worse[best][end] for end in ("low", "high"))
        points = {"points": f"{-worse[best]['value']:.3f}", "low": f"{low:.3f}", "high": f"{high:.3f}"}
        more: _More = {
            "args": {"reference": best},
            "gain": _gain("points_between", name=name, **points),
            "action": {"kind": "command", "text": "sft compare --minutes 20"},
        }
        yield _fix("model_below", inputs.report("evaluate").get("n") or 0, "model", "bad", 1.0, **more)


def _encoder(inputs: Inputs) -> Iterator[Fix]:
    shares = unread(inputs)
    langs = inputs.report("clean").get("kept_by", {}).get("lang", {})
    n = sum(langs.get(name, 0) for name in shares)
    if n:
        action = {"kind": "setting", "text": "models: {encoder: {name: tfidf}}  # or a multilingual encoder"}
        more: _More = {"args": {"langs": ", ".join(sorted(shares))}, "gain": _gain("read"), "action": action}
        yield _fix("encoder", n, "model", "bad" if n * 2 >= sum(langs.values()) else "warn", 0.9, **more)


def _reviews(inputs: Inputs) -> Iterator[Fix]:
    total = _rows(inputs)
    for reason, n in review_counts(inputs).items():
        put = partial(_fix, "review", n, "doubtful", args={"reason": reason})
        action = rows("doubtful", "doubtful", reason=reason)
        if reason in ("label_error", "label_set_aside") and (wrong := _wrong_labels(inputs, n)):
            key, value, low, high = wrong
            gain = _gain(key, n=value, low=low, high=high, share=percent(value / total))
            yield put(weight=_WORTH["labels"] * value / total, gain=gain, action=action)
        elif reason in ("conflicting_label", "near_duplicate_other_label"):
            gain = _gain("labels_at_least", n=n // 2, most=n, share=percent(n / 2 / total))
            yield put(weight=_WORTH["labels"] * n / 2 / total, gain=gain, action=action)
        elif reason == "template_cluster":
            gain = _gain("fewer_copies", n=n, share=percent(n / total))
            yield put(weight=_WORTH["copies"] * n / total, gain=gain, action=action)
        else:
            yield put(weight=0.1 * n / total, gain=_gain("looked_at"), action=action)


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


def _more_records(inputs: Inputs) -> Iterator[Fix]:
    total = _rows(inputs)
    waiting = reasons(inputs, "label").get("awaiting_label", 0) + _unlabelled(inputs)
    lost = sum(count for reason, count in reasons(inputs, "collect").items() if reason not in (*_ASKED_FOR, *_REPEATS))
    push = {"kind": "command", "text": "sft label push"}
    drops = rows("drops", "drop_examples", stage="collect")
    for key, n, section, tone, action in (
        ("unlabelled", waiting, "decisions", "info", push),
        ("quarantine", lost, "drops", "warn", drops),
    ):
        gain = _gain("records", n=n, share=percent(n / total))
        yield _fix(key, n, section, tone, _WORTH["records"] * n / total, gain=gain, action=action)


def _unlabelled(inputs: Inputs) -> int:
    """Records of the final table without a label; prompts of a benchmark have no answer to be learned, and are none."""
    table = inputs.table("augment/records.parquet", ["labels_by", "source", "split"], pc.field("labels_by").is_null())
    if table is None:
        return 0
    roles = pc.struct_field(table.column("source"), "role")
    return int(table.num_rows - (pc.sum(pc.equal(roles, "benchmark")).as_py() or 0))


def _weak_slices(inputs: Inputs) -> Iterator[Fix]:
    """The gain is what the whole test split would win if the model did as well there as elsewhere."""
    total = inputs.report("evaluate").get("n") or 0
    name = str(inputs.find("evaluate", "headline") or "")
    is_share = name not in (inputs.find("evaluate", "lower_is_better") or ())  # a loss has no percentage points
    worse = (one for one in inputs.find("evaluate", "slices") or [] if one.get("worse") and one.get("difference"))
    return (_weak_slice(one, total, name, is_share) for one in worse if total)


def _weak_slice(one: Mapping[str, Any], total: int, name: str, is_share: bool) -> Fix:
    gap, part = one["difference"], one["n"] / total
    gain, *ends = abs(gap["value"]) * part, *sorted(abs(end) * part for end in _ends(gap))
    points, low, high = (f"{100 * end:.1f}" if is_share else f"{end:.3f}" for end in (gain, *ends))
    return _fix(
        "slice",
        one["n"],
        "model",
        weight=_WORTH["points"] * gain / 4,  # a gap is never closed wholly
        args={"attribute": one["attribute"], "slice": f"“{plain_slice(one['attribute'], one['slice'])}”"},
        gain=_gain("points" if is_share else "loss", name=name, points=points, low=low, high=high),
        action=rows("model", "slices", weak="weak"),
    )


def _ends(interval: Mapping[str, float]) -> tuple[float, float]:
    """The ends of an interval; the value itself where it has none."""
    return interval.get("low", interval["value"]), interval.get("high", interval["value"])


def _thin_regions(inputs: Inputs) -> Iterator[Fix]:
    for region in inputs.profile.get("coverage", {}).get("regions", []):
        if region["thin"] and region["test_share"] > 3 * region["train_share"]:
            yield _fix(
                "thin",
                region["records"],
                "coverage",
                weight=0.1 * region["test_share"],
                args={"words": f"“{', '.join(region['words'][:3])}”"},
                gain=_gain("covered", share=percent(region["test_share"])),
                action=rows("coverage", "regions", thin="thin"),
            )


def _more_data(inputs: Inputs) -> Iterator[Fix]:
    """Twice as many records, where the learning curve says, beyond its interval, that they help.

    A curve of a sample speaks of sizes that the dataset has already: no advice for it.
    """
    found = inputs.report("value").get("more_data") or {}
    gain = found.get("doubled") or {}
    if gain.get("low", 0.0) > 0 and found.get("points") and not curve_of_sample(inputs):
        figures = {"points": f"{gain['value']:.3f}", "low": f"{gain['low']:.3f}", "high": f"{gain['high']:.3f}"}
        n = int(found["points"][-1]["records"])
        shown = _gain("points_between", name=str(inputs.report("value").get("metric", "")), **figures)
        yield _fix("more_data", n, "value", "info", _WORTH["points"] * gain["value"] / 4, gain=shown)


def _licences(inputs: Inputs) -> Iterator[Fix]:
    table = inputs.table("collect/records.parquet", ["source"])
    if table is None:
        return
    counts = pc.value_counts(pc.struct_field(table.column("source"), "licence")).to_pylist()
    unknown = sum(one["counts"] for one in counts if str(one["values"] or "").strip().lower() in _NO_LICENCE)
    if unknown:
        more: _More = {"gain": _gain("may_publish"), "action": rows("sources", "sources")}
        yield _fix("licence", unknown, "sources", weight=unknown / table.num_rows, **more)


_SOURCES: tuple[Callable[[Inputs], Iterator[Fix]], ...] = (
    _failed_checks,
    _model,
    _encoder,
    _reviews,
    _more_records,
    _weak_slices,
    _thin_regions,
    _more_data,
    _licences,
)


def _rows(inputs: Inputs) -> int:
    result: int = max(1, inputs.report("augment").get("kept", 1))
    return result
