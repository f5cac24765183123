"""How many records there are, and how the classes share them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from pipeline.core.errors import PipelineError
from pipeline.validate.dataset_view import View, labels_of
from pipeline.validate.expectations.base import Check, Gauge, Rule, totals, within

#: Classes named at each end when there are too many to name them all. A guess: not measured.
_ENDS = 5


class ClassShare(Rule):
    """Bounds on the share of records that carry each declared label."""

    split: Literal["train", "dev", "test"] = "train"
    min: float = Field(0.0, ge=0, le=1)
    max: float = Field(1.0, ge=0, le=1)
    min_of_even: float = Field(0.0, ge=0, le=1)  # of the share that each class would have if all had the same


class LanguageShare(Rule):
    """Bounds on the share of records in each language of task.languages."""

    split: Literal["train", "dev", "test"] | None = None  # None: all exported splits together
    min: float = Field(0.0, ge=0, le=1)
    max: float = Field(1.0, ge=0, le=1)


class Rows(Rule):
    """Bounds on the number of records, both included."""

    split: Literal["train", "dev", "test"] | None = None  # None: all exported splits together
    min: int | None = None
    max: int | None = None


def class_share_between(rule: ClassShare, view: View) -> Check:
    """Every label of task.labels has its share of a split; a label that never occurs has the share 0."""
    if not view.task.labels:
        raise PipelineError(
            f"validate.suite: class_share_between needs task.labels, and a {view.task.type} task declares none.",
            "Remove this entry from validate.suite.",
        )
    least = max(rule.min, rule.min_of_even / len(view.task.labels))
    rule = rule.model_copy(update={"min": least})
    targets = [record.target for record in view.records if record.split == rule.split]
    counts = Counter(label for target in targets for label in labels_of(target))
    shares = {label: counts[label] / max(len(targets), 1) for label in view.task.labels}
    problems = _outside("class", shares, counts, f"{len(targets):,} {rule.split} records", rule)
    title = f"every class has a share of {rule.split} {within(round(rule.min, 4), rule.max)}"
    return totals(title, problems, _words(shares), **_ends(shares, rule))


def language_share_between(rule: LanguageShare, view: View) -> Check:
    """Every language of task.languages has its share; one that never occurs has the share 0."""
    found = [record.lang for record in view.records if rule.split in (None, record.split)]
    counts = Counter(found)
    shares = {language: counts[language] / max(len(found), 1) for language in view.task.languages}
    where = rule.split or "the dataset"
    problems = _outside("language", shares, counts, f"{len(found):,} records of {where}", rule)
    title = f"every language has a share of {where} {within(rule.min, rule.max)}"
    return totals(title, problems, _words(shares), **_ends(shares, rule))


def rows_between(rule: Rows, view: View) -> Check:
    """The number of exported records, or of one split."""
    found = sum(rule.split in (None, record.split) for record in view.records)
    where = rule.split or "the dataset"
    low, high = rule.min or 0, rule.max if rule.max is not None else found
    problems = [] if low <= found <= high else [f"{where} has {found:,} records"]
    rows = Gauge(found, rule.min, rule.max, "count")
    return totals(f"{where} has {within(rule.min, rule.max)} records", problems, f"{found:,} records", rows=rows)


def _ends(shares: Mapping[str, float], rule: ClassShare | LanguageShare) -> dict[str, Gauge]:
    """The smallest and the largest share, each with the bound that it could break."""
    return {
        "smallest": Gauge(min(shares.values(), default=0.0), low=rule.min),
        "largest": Gauge(max(shares.values(), default=0.0), high=rule.max),
    }


def _words(shares: Mapping[str, float]) -> str:
    """The shares; of many classes only the rarest and the most frequent ones."""
    parts = [f"{label} {share:.3f}" for label, share in shares.items()]
    if len(parts) <= 2 * _ENDS:
        return ", ".join(parts)
    parts = [f"{label} {share:.3f}" for label, share in sorted(shares.items(), key=lambda item: (item[1], item[0]))]
    return f"{', '.join(parts[:_ENDS])}, ..., {', '.join(parts[-_ENDS:])} ({len(parts)} classes)"


def _outside(
    kind: str, shares: Mapping[str, float], counts: Mapping[str, int], total: str, rule: ClassShare | LanguageShare
) -> list[str]:
    """One sentence for each share that is outside the rule's bounds."""
    return [
        f"{kind} {name}: {counts[name]:,} of {total} ({share:.3f})"
        for name, share in shares.items()
        if not rule.min <= share <= rule.max
    ]
