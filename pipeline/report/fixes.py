"""What to fix first: how many records each problem concerns, why, what fixing it should bring, and one thing to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow.compute as pc

from pipeline.report.figures import (
    curve_of_sample,
    expectations,
    main_metric,
    percent,
    plain_slice,
    reasons,
)
from pipeline.report.fix import WORTH, Fix, More, fix_of, gain_of, records_in, rows
from pipeline.report.inputs import Inputs
from pipeline.report.label_fixes import reviews, unrelated
from pipeline.report.verdict.model import gaps, unread
from pipeline.runtime.store import files_of

#: How many are listed. A guess: not measured.
SHOWN = 5

#: Words in a licence field that mean nobody knows it.
_NO_LICENCE = ("", "unknown", "none", "unspecified", "other")

#: Reasons of the collect stage that params.yaml asked for, or that repeat what is there: nothing to fix.
_ASKED_FOR = ("over_limit", "excluded_label", "filtered_out")
_REPEATS = ("repeated_key", "repeated_vote", "dropped_item", "unknown_item")


def fixes(inputs: Inputs) -> list[Fix]:
    """At most five: what makes the dataset unfit first, then by expected gain, then by records.

    Each has `key` and `args` (what is wrong), `n` records, `section`, `tone`, `gain` (key and args, or None) and
    `action`: `kind` rows (`href` to a filtered list), command or setting (`text` to copy).
    """
    found = [fix for source in _SOURCES for fix in source(inputs) if fix["n"]]
    found.sort(key=lambda fix: (fix["tone"] != "bad", -fix.pop("weight"), -fix["n"], fix["key"]))
    return found[:SHOWN]


def _failed_checks(inputs: Inputs) -> Iterator[Fix]:
    for check in expectations(inputs):
        if not check["ok"]:
            tone = "bad" if check["severity"] == "error" else "warn"
            gain = gain_of("run_goes_on" if tone == "bad" else "check_passed")
            n, names = check["count"] or 1, {"name": inputs.cut(check["title"] or check["name"])}
            key = "expectation" if check["ids"] else "expectation_counts"  # classes or splits, not records
            listed = check["ids"] and files_of(inputs.folder / "validate/failing.parquet")
            action = (
                rows("expectations", "failing", expectation=check["name"])
                if listed
                else rows("expectations", "expectations", ok="False")
            )
            more: More = {"args": names, "gain": gain, "action": action}
            yield fix_of(key, n, "expectations", tone, 0.5 * n / records_in(inputs), **more)


def _model(inputs: Inputs) -> Iterator[Fix]:
    """A reference that is better: what the model would win by being as good, and how to find out what does it."""
    name, _ = main_metric(inputs)
    worse = {key: gap for key, gap in gaps(inputs).items() if gap["high"] < 0}
    n, action = inputs.report("evaluate").get("n") or 0, {"kind": "command", "text": "sft compare --minutes 20"}
    majority = gaps(inputs).get("majority")
    if not worse and majority and majority["low"] <= 0:
        yield fix_of("model_no_better", n, "model", "bad", 0.9, gain=gain_of("model_any"), action=action)
    if worse:
        best = min(worse, key=lambda key: (worse[key]["value"], key))
        low, high = sorted(-worse[best][end] for end in ("low", "high"))
        points = {"points": f"{-worse[best]['value']:.3f}", "low": f"{low:.3f}", "high": f"{high:.3f}"}
        more: More = {
            "args": {"reference": best},
            "gain": gain_of("points_between", name=name, **points),
            "action": action,
        }
        yield fix_of("model_below", n, "model", "bad", 1.0, **more)


def _encoder(inputs: Inputs) -> Iterator[Fix]:
    shares = unread(inputs)
    langs = inputs.report("clean").get("kept_by", {}).get("lang", {})
    n = sum(langs.get(name, 0) for name in shares)
    if n:
        action = {"kind": "setting", "text": "models: {encoder: {name: tfidf}}  # or a multilingual encoder"}
        more: More = {"args": {"langs": ", ".join(sorted(shares))}, "gain": gain_of("read"), "action": action}
        yield fix_of("encoder", n, "model", "bad" if n * 2 >= sum(langs.values()) else "warn", 0.9, **more)


def _more_records(inputs: Inputs) -> Iterator[Fix]:
    total = records_in(inputs)
    waiting = reasons(inputs, "label").get("awaiting_label", 0) + _unlabelled(inputs)
    lost = sum(count for reason, count in reasons(inputs, "collect").items() if reason not in (*_ASKED_FOR, *_REPEATS))
    push = {"kind": "command", "text": "sft label push"}
    drops = rows("drops", "drop_examples", stage="collect")
    for key, n, section, tone, action in (
        ("unlabelled", waiting, "decisions", "info", push),
        ("quarantine", lost, "drops", "warn", drops),
    ):
        gain = gain_of("records", n=n, share=percent(n / total))
        yield fix_of(key, n, section, tone, WORTH["records"] * n / total, gain=gain, action=action)


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
    return fix_of(
        "slice",
        one["n"],
        "model",
        weight=WORTH["points"] * gain / 4,  # a gap is never closed wholly
        args={"attribute": one["attribute"], "slice": f"“{plain_slice(one['attribute'], one['slice'])}”"},
        gain=gain_of("points" if is_share else "loss", name=name, points=points, low=low, high=high),
        action=rows("model", "slices", weak="weak"),
    )


def _ends(interval: Mapping[str, float]) -> tuple[float, float]:
    """The ends of an interval; the value itself where it has none."""
    return interval.get("low", interval["value"]), interval.get("high", interval["value"])


def _thin_regions(inputs: Inputs) -> Iterator[Fix]:
    for region in inputs.profile.get("coverage", {}).get("regions", []):
        if region["thin"] and region["test_share"] > 3 * region["train_share"]:
            yield fix_of(
                "thin",
                region["records"],
                "coverage",
                weight=0.1 * region["test_share"],
                args={"words": f"“{', '.join(region['words'][:3])}”"},
                gain=gain_of("covered", share=percent(region["test_share"])),
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
        shown = gain_of("points_between", name=str(inputs.report("value").get("metric", "")), **figures)
        yield fix_of("more_data", n, "value", "info", WORTH["points"] * gain["value"] / 4, gain=shown)


def _licences(inputs: Inputs) -> Iterator[Fix]:
    table = inputs.table("collect/records.parquet", ["source"])
    if table is None:
        return
    counts = pc.value_counts(pc.struct_field(table.column("source"), "licence")).to_pylist()
    unknown = sum(one["counts"] for one in counts if str(one["values"] or "").strip().lower() in _NO_LICENCE)
    if unknown:
        more: More = {"gain": gain_of("may_publish"), "action": rows("sources", "sources")}
        yield fix_of("licence", unknown, "sources", weight=unknown / table.num_rows, **more)


_SOURCES: tuple[Callable[[Inputs], Iterator[Fix]], ...] = (
    _failed_checks,
    _model,
    _encoder,
    unrelated,
    reviews,
    _more_records,
    _weak_slices,
    _thin_regions,
    _more_data,
    _licences,
)
