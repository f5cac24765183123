"""What may change between the released version and this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from pipeline.runtime.dataset_versions import compare, gap, shift
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, Gauge, Rule, totals
from pipeline.validate.report_types import Profile

if TYPE_CHECKING:
    import pyarrow as pa

_NAMED = 5  # a guess: not measured
_NO_RELEASE = "no version is released yet: `sft release` makes this one the yardstick"


class Drift(Rule):
    """How far this version may lie from the released one, each from 0 (equal) to 1; null leaves an aspect out.

    Total variation for shares, Kolmogorov-Smirnov for lengths.
    """

    labels: float | None = Field(0.1, ge=0, le=1)  # class shares of train; a guess: not measured
    languages: float | None = Field(0.1, ge=0, le=1)  # a guess: not measured
    sources: float | None = Field(0.2, ge=0, le=1)  # a guess: not measured
    length: float | None = Field(0.1, ge=0, le=1)  # characters, all splits; a guess: not measured
    vocabulary: float | None = Field(0.2, ge=0, le=1)  # shares of the most frequent words; a guess: not measured


def no_drift(rule: Drift, view: View) -> Check:
    """Labels, languages, sources, lengths and words are spread as in the released version, if there is one."""
    title = "the distributions are those of the released version"
    if view.released is None:
        return totals(title, [], _NO_RELEASE)
    found = drift(view.released.profile, view.profile)
    limits = {name: getattr(rule, name) for name in found}
    problems = [
        f"{name} moved by {found[name]:.3f}, more than {limit:g}: {_largest(name, view.released.profile, view.profile)}"
        for name, limit in limits.items()
        if limit is not None and found[name] > limit
    ]
    gauges = {f"of_{name}": Gauge(value, high=limits[name], unit="distance") for name, value in found.items()}
    return totals(title, problems, ", ".join(f"{name} {value:.3f}" for name, value in found.items()), **gauges)


def drift(before: Profile, after: Profile) -> dict[str, float]:
    """Distance of two profiles per aspect, 0 to 1."""
    bins = [[sum(column) for column in zip(*one["lengths"]["counts"].values(), strict=True)] for one in (before, after)]
    words = [one["words"]["top"] for one in (before, after)]
    common = sorted({*list(words[0])[:300], *list(words[1])[:300]})
    tops = [{word: one.get(word, 0) for word in common} for one in words]
    found = {
        "labels": shift(before["classes"].get("train", {}), after["classes"].get("train", {})),
        "languages": shift(before["languages"], after["languages"]),
        "sources": shift(before["sources"], after["sources"]),
        "length": gap(bins[0], bins[1]),
        "vocabulary": shift(tops[0], tops[1]),
    }
    return {name: round(value, 4) for name, value in found.items()}


def test_frozen(rule: Rule, view: View) -> Check:
    """The test split is the released one: same records, texts and labels; holds where no version is released.

    A test split that changes on purpose is released: `sft release --refused`.
    """
    title = "the test split is the released one"
    if view.released is None:
        return totals(title, [], _NO_RELEASE)
    before, after = view.released.profile["test_digest"], view.profile["test_digest"]
    if before == after:
        return totals(title, [], f"unchanged, {after[:12]}")
    old, new = (_test_part(index) for index in (view.released.index, view.index))
    found = compare(old, new)
    lists = {
        "came in": found.added,
        "went": found.removed,
        "changed label": [id for id, *_ in found.relabelled],
        "changed text": found.rewritten,
    }
    problems = [f"{len(ids):,} {what}, such as {', '.join(ids[:_NAMED])}" for what, ids in lists.items() if ids]
    return totals(title, problems, f"{before[:12]} is now {after[:12]}; on purpose? sft release --refused")


def _test_part(index: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    return index.filter(pc.equal(index.column("split"), "test"))


def _counts(profile: Profile) -> dict[str, dict[str, int]]:
    """What is counted under each aspect but length."""
    labels, words = profile["classes"].get("train", {}), profile["words"]["top"]
    return {"labels": labels, "languages": profile["languages"], "sources": profile["sources"], "vocabulary": words}


def _largest(name: str, before: Profile, after: Profile) -> str:
    """The value whose share moved most, in words."""
    if name == "length":
        return "see the histogram in the quality report"
    old, new = (_counts(one)[name] for one in (before, after))
    totals_ = max(1, sum(old.values())), max(1, sum(new.values()))
    moved = {one: new.get(one, 0) / totals_[1] - old.get(one, 0) / totals_[0] for one in sorted({*old, *new})}
    most = max(moved, key=lambda one: abs(moved[one]))
    return f"'{most}' {old.get(most, 0) / totals_[0]:.1%} -> {new.get(most, 0) / totals_[1]:.1%}"
