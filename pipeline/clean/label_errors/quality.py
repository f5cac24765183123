"""How well a detector finds wrong targets in this data: measured on errors planted in a copy.

Errors are planted, the copy is scored as the data was, and what was planted shows which recipe ranks errors best, how
precise relabelling from each confidence on is, and how many errors that catches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from pipeline.clean.label_errors.detectors.contract import (
    Detector,
    Floats,
    Integers,
    Mask,
    OutOfFold,
    Planted,
    Prepared,
)
from pipeline.clean.label_errors.label_noise import Share, label_noise
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.modeling.features.linear import stratified_folds
from pipeline.stats.intervals import wilson
from pipeline.stats.ranking import average_precision

#: Confidences that are tried. A guess: not measured.
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)

Notes = dict[str, object]


@dataclass(frozen=True)
class AtThreshold:
    """What "relabel as suggested at confidence >= threshold" did to a copy with planted errors.

    Changes of targets that were not planted count as wrong, though some may be true errors of the
    data: `precision` is a lower bound, `low` the lower end of its 95 % interval (Wilson). `caught` counts the
    planted errors that were changed, rightly or not.
    """

    threshold: float
    changed: int
    right: int
    caught: int
    precision: float
    low: float


@dataclass(frozen=True)
class Quality:
    """What became of the errors planted in one copy.

    `enriched_below`: of the targets with log odds at it or below, twice as many were planted as anywhere.
    `self_confidence`: average precision of ranking by the predicted probability of the given label, as cleanlab does.
    `noise`: the share of wrong targets in the copy as estimated, those of the data itself included.
    """

    records: int
    planted: int
    average_precision: float
    thresholds: list[AtThreshold]
    enriched_below: float
    kinds: dict[str, dict[str, float]]
    self_confidence: float | None = None
    noise: Share | None = None

    def as_notes(self) -> Notes:
        """For report.json; `chance` is the average precision of a ranking at random."""
        notes: Notes = {
            "planted": self.planted,
            "wrong_as_estimated": self.noise.as_notes() if self.noise else None,
            "average_precision": round(self.average_precision, 4),
            "chance": round(self.planted / max(self.records, 1), 4),
            "kinds": self.kinds,
            "thresholds": [asdict(one) for one in self.thresholds],
        }
        return notes if self.self_confidence is None else {**notes, "self_confidence": round(self.self_confidence, 4)}


def folds_of(records: Sequence[Record], strata: Integers, settings: LabelErrors) -> Integers:
    """The fold of each record: groups whole, classes spread evenly."""
    groups = [record.group or record.id for record in records]
    return stratified_folds(strata, groups, settings.folds, settings.seed)


def measure(
    detector: Detector[Prepared],
    prepared: Prepared,
    known: Sequence[Record],
    scored: OutOfFold,
    task: Task,
    settings: LabelErrors,
) -> tuple[str, dict[str, Quality]]:
    """The recipe that ranks planted errors best on average over the copies, and its quality on each copy."""
    seed = str(settings.seed)
    order = sorted(range(len(known)), key=lambda n: share("calibrate", seed, known[n].id))
    some = np.array(sorted(order[: settings.calibration_rows]), np.int64)
    members = [known[n] for n in some.tolist()]
    classes = scored.classes.of(some) if scored.classes else None
    copies = detector.plant(members, task, settings.planted, seed, classes)
    found = {}
    for name, planted in copies.items():
        targets = _targets(planted, members)
        folds = folds_of(members, detector.strata(targets), settings)
        found[name] = detector.score_out_of_fold(prepared, some, targets, folds, task)

    def ranking(recipe: str) -> float:
        return sum(
            average_precision(_wrong(copies[name]), -one.recipes[recipe].log_odds) for name, one in found.items()
        )

    recipe = max(scored.recipes, key=ranking)
    measured = {}
    for name, one in found.items():
        targets = _targets(copies[name], members)
        noise = label_noise(one.recipes[recipe], targets, detector.strata(targets)).share
        measured[name] = replace(_quality(detector, one, recipe, copies[name], members, task), noise=noise)
    return recipe, measured


def _targets(planted: Sequence[Planted | None], true: Sequence[Record]) -> list[Target]:
    return [one.target if one else record.target for one, record in zip(planted, true, strict=True)]


def _wrong(planted: Sequence[Planted | None]) -> Mask:
    return np.array([one is not None for one in planted], bool)


def _quality(
    detector: Detector[Prepared],
    scored: OutOfFold,
    recipe: str,
    planted: Sequence[Planted | None],
    true: Sequence[Record],
    task: Task,
) -> Quality:
    scores, wrong = scored.recipes[recipe], _wrong(planted)
    right = wrong & scores.differs
    for n in np.flatnonzero(right).tolist():
        right[n] = detector.same(scores.suggested[n], true[n].target, task)
    names = [one.kind if one else "" for one in planted]
    kinds = {
        kind: _of_kind(np.array([name == kind for name in names]), wrong, scores.log_odds)
        for kind in sorted({*names} - {""})
    }
    plain = scored.self_confidence
    return Quality(
        len(true),
        int(wrong.sum()),
        average_precision(wrong, -scores.log_odds),
        at_thresholds(scores.differs, right, wrong, scores.confidence, THRESHOLDS),
        _enriched_below(wrong, scores.log_odds),
        kinds,
        None if plain is None else average_precision(wrong, -plain),
    )


def _enriched_below(wrong: Mask, log_odds: Floats) -> float:
    order = np.argsort(log_odds, kind="stable")
    shares = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    enriched = np.flatnonzero(shares >= 2 * wrong.mean()) if wrong.any() else np.zeros(0, np.int64)
    return float(log_odds[order[enriched[-1]]]) if len(enriched) else -np.inf


def _of_kind(mine: Mask, wrong: Mask, log_odds: Floats) -> dict[str, float]:
    """How one kind of error ranks among the records without any."""
    there = mine | ~wrong
    score = average_precision(mine[there], -log_odds[there])
    chance = mine.sum() / there.sum()
    return {"planted": int(mine.sum()), "average_precision": round(score, 4), "chance": round(float(chance), 4)}


def at_thresholds(
    differs: Mask, right: Mask, planted: Mask, confidence: Floats, thresholds: Sequence[float]
) -> list[AtThreshold]:
    """How relabelling from each confidence on fares.

    `differs` marks the rows where another target is suggested, `right` those where that is the one that planting
    replaced, `planted` the rows with planted errors.
    """
    results = []
    for threshold in thresholds:
        changed = differs & (confidence >= threshold)
        count, good = int(changed.sum()), int((changed & right).sum())
        caught = int((changed & planted).sum())
        precision = good / count if count else 0.0
        results.append(AtThreshold(threshold, count, good, caught, precision, wilson(good, count)[0]))
    return results


def relabel_threshold(copies: Mapping[str, Quality], precision: float) -> float | None:
    """The lowest confidence that is measured precise enough on each copy; None if there is none.

    It is the lower 95 % bound of the measured precision that must reach `precision`.
    """
    return next(
        (
            threshold
            for n, threshold in enumerate(THRESHOLDS)
            if all(found.thresholds[n].low >= precision for found in copies.values())
        ),
        None,
    )
