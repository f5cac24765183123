"""What a detector of label errors offers: everything about wrong targets that depends on the kind of target.

A detector scores targets out of fold (by models that saw neither the record nor its group) and can plant the errors
that such targets have, so that the caller can measure how well it finds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.modeling.models import Model

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

Prepared = TypeVar("Prepared")


@dataclass(frozen=True)
class Scores:
    """Out-of-fold scores of some targets by one recipe, an entry for each.

    `log_odds`: of the given target against the best other one; below 0 the other one is likelier. `suggested`: the
    likeliest target, None where nothing better is known. `confidence`: how probable it is that `suggested` is right.
    `differs`: another target than the given one is suggested. `clarity`: probability of the likeliest target, be it the
    given one or not. `details`: where given and suggested target differ.
    """

    log_odds: Floats
    suggested: Sequence[Target]
    confidence: Floats
    differs: Mask
    clarity: Floats
    details: Sequence[str]

    def first(self, count: int) -> Scores:
        """Those of the first `count` targets."""
        return Scores(
            self.log_odds[:count],
            self.suggested[:count],
            self.confidence[:count],
            self.differs[:count],
            self.clarity[:count],
            self.details[:count],
        )


class TargetScore(NamedTuple):
    """The scores of one target, where a detector looks at one after the other."""

    log_odds: float
    suggested: Target
    detail: str = ""


def scores_of(parts: Sequence[TargetScore]) -> Scores:
    """Scores of targets that are compared with one other each: one of the two is taken to be right."""
    log_odds = np.array([part.log_odds for part in parts], np.float64)
    suggested = [part.suggested for part in parts]
    confidence = 1 / (1 + np.exp(np.clip(log_odds, -500, 500)))
    differs = (log_odds < 0) & np.array([target is not None for target in suggested], bool)
    clarity = np.maximum(confidence, 1 - confidence)
    return Scores(log_odds, suggested, confidence, differs, clarity, [part.detail for part in parts])


class ClassProbabilities(NamedTuple):
    """Predicted probabilities of the classes `names`, shape (targets, classes)."""

    names: tuple[str, ...]
    values: Floats

    def of(self, rows: Integers) -> ClassProbabilities:
        """Those of some targets."""
        return ClassProbabilities(self.names, self.values[rows])


@dataclass(frozen=True)
class OutOfFold:
    """Scores by recipe: which one ranks best differs from data to data, so the caller measures it.

    Where targets are classes: their predicted probabilities, and what the plainest model predicts for the given label.
    """

    recipes: Mapping[str, Scores]
    classes: ClassProbabilities | None = None
    self_confidence: Floats | None = None


@dataclass(frozen=True)
class Eligible:
    """The rows whose targets can be scored; `why` says why none can, `notes` go to report.json."""

    rows: list[int]
    why: str = ""
    notes: Mapping[str, list[str]] = field(default_factory=dict)


class Planted(NamedTuple):
    """A planted error: its kind, and the wrong target."""

    kind: str
    target: Target


#: Copy -> for each record the planted error, None where its target stays.
Copies = Mapping[str, Sequence[Planted | None]]


class Detector(Protocol[Prepared]):
    """One module of this folder for each kind of target."""

    #: Whether log odds of 0 divide the targets that another one is likelier for from the others. Where they do not,
    #: it is measured on planted errors down to where targets are worth a review.
    CALIBRATED: bool

    def eligible(self, records: Sequence[Record], task: Task, folds: int) -> Eligible:
        """The rows that can be scored, test records included; classes must be known outside test."""

    def strata(self, targets: Sequence[Target]) -> Integers:
        """The class of each target, by which folds are stratified; all 0 where targets have none."""

    def prepare(
        self, records: Sequence[Record], known: int, task: Task, encoder: Model, settings: LabelErrors
    ) -> Prepared:
        """What is computed once: features of each record. Of the targets those of the first `known` may be used."""

    def score_out_of_fold(
        self, prepared: Prepared, rows: Integers, targets: Sequence[Target], folds: Integers, task: Task
    ) -> OutOfFold:
        """Scores of `targets` of `rows` (numbers of the prepared records), by models fitted on the other folds.

        Rows of fold -1 come last: they are scored by a model of all others, and nothing is fitted on them.
        """

    def plant(
        self, records: Sequence[Record], task: Task, rate: float, seed: str, classes: ClassProbabilities | None
    ) -> Copies:
        """One or more copies in which a share `rate` of the targets is wrong, drawn by the records' ids."""

    def same(self, a: Target, b: Target, task: Task) -> bool:
        """Whether two targets count as equal."""


def rounds(folds: Integers) -> Iterator[tuple[Integers, Integers]]:
    """For each fold the rows to fit on and the rows to score."""
    for fold in np.unique(folds):
        yield np.flatnonzero((folds >= 0) & (folds != fold)), np.flatnonzero(folds == fold)


#: Groups of records without which nothing is scored: models of fewer know too little to doubt people.
#: A guess: not measured.
FEWEST_GROUPS = 50


def enough_groups(records: Sequence[Record], usable: Sequence[bool], held_out: Sequence[bool]) -> Eligible:
    """All usable rows, if those not held out belong to enough groups."""
    rows = [n for n, is_usable in enumerate(usable) if is_usable]
    groups = len({records[n].group or records[n].id for n in rows if not held_out[n]})
    if groups < FEWEST_GROUPS:
        return Eligible([], f"{groups} groups of labelled records outside test, fewer than {FEWEST_GROUPS}")
    return Eligible(rows)
