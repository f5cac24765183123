"""Doubtful targets that are no single label (sets of labels, spans, numbers, answers), found by the task's judge.

The same rules as for single labels: nobody judges what its group taught, test records are judged but teach nothing,
and how good the ranking and the suggestions are is measured on errors planted in a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clean.label_errors.detectors.contract import Judge, Said, Verdict
from pipeline.clean.label_errors.out_of_fold import THRESHOLDS
from pipeline.clean.label_errors.planted_noise import Labels, Mask, Mending, average_precision, mendings
from pipeline.core.record import Record, Target, share
from pipeline.core.settings import Task
from pipeline.modeling.features.linear import grouped_folds
from pipeline.modeling.models import Model
from pipeline.stats.intervals import wilson

if TYPE_CHECKING:
    from pipeline.clean.label_errors.settings import LabelErrors

#: Groups without which nothing is judged: models of fewer know too little to doubt people.
FEWEST_GROUPS = 50


@dataclass(frozen=True)
class Measured:
    """What became of the planted errors: how changes at each threshold fared, how well errors were ranked, by kind."""

    mendings: list[Mending]
    planted: int
    records: int
    average_precision: float
    doubtful_below: float  # evidence; of those at it or below, twice as many were planted as anywhere
    kinds: dict[str, dict[str, Any]]

    def as_notes(self) -> dict[str, Any]:
        """For report.json; `chance` is the average precision of a ranking at random."""
        notes = {"planted": self.planted, "average_precision": round(self.average_precision, 4)}
        chance = {"chance": round(self.planted / max(self.records, 1), 4)}
        return {**notes, **chance, "kinds": self.kinds, "mendings": [asdict(m) for m in self.mendings]}


@dataclass(frozen=True)
class Findings:
    """Verdicts on the judged records, then on those of test, and how far they can be trusted."""

    verdicts: list[Verdict]
    recipe: str
    measured: Measured


def examine(
    judge: Judge, known: Sequence[Record], tested: Sequence[Record], task: Task, encoder: Model, settings: LabelErrors
) -> Findings:
    """Judge every target, and a copy of some with planted errors; the recipe that ranks these best speaks."""
    members = [*known, *tested]
    seen = judge.look(members, task, encoder, len(known))
    groups = [record.group or record.id for record in known]
    folds = grouped_folds(np.zeros(len(known), np.int64), groups, settings.folds, settings.seed)
    recipe, measured = _measure(judge, seen, known, folds, task, settings)
    rows = np.arange(len(members))
    every = np.concatenate([folds, np.full(len(tested), -1, np.int64)])
    said = judge.ask(seen, rows, [record.target for record in members], every, task)
    return Findings(said[recipe], recipe, measured)


def _measure(
    judge: Judge, seen: Any, known: Sequence[Record], folds: Labels, task: Task, settings: LabelErrors
) -> tuple[str, Measured]:
    seed = str(settings.seed)
    order = sorted(range(len(known)), key=lambda n: share("calibrate", seed, known[n].id))
    some = np.array(sorted(order[: settings.calibration_rows]), np.int64)
    members = [known[n] for n in some]
    planted = judge.plant(members, task, settings.planted, seed)
    targets = [one[1] if one else record.target for one, record in zip(planted, members, strict=True)]
    said = judge.ask(seen, some, targets, folds[some], task)
    wrong = np.array([one is not None for one in planted])
    scores = {name: average_precision(wrong, -_evidence(verdicts)) for name, verdicts in said.items()}
    recipe = max(scores, key=lambda name: scores[name])
    return recipe, _measured(judge, said, recipe, members, targets, planted, task)


def _measured(
    judge: Judge,
    said: Said,
    recipe: str,
    members: Sequence[Record],
    targets: Sequence[Target],
    planted: Sequence[tuple[str, Target] | None],
    task: Task,
) -> Measured:
    verdicts = said[recipe]
    evidence = _evidence(verdicts)
    wrong = np.array([one is not None for one in planted])
    differs = (evidence < 0) & np.array([verdict.suggested is not None for verdict in verdicts])
    right = wrong & differs
    for n in np.flatnonzero(right).tolist():
        suggested = verdicts[n].suggested
        right[n] = suggested is not None and judge.same(suggested, members[n].target, task)
    confidence = np.array([verdict.confidence for verdict in verdicts])
    names = [one[0] if one else "" for one in planted]
    kinds = {
        kind: _of_kind(np.array([name == kind for name in names]), wrong, evidence) for kind in sorted({*names} - {""})
    }
    found = mendings(differs, right, wrong, confidence, THRESHOLDS)
    score = average_precision(wrong, -evidence)
    return Measured(found, int(wrong.sum()), len(members), score, _doubtful_below(wrong, evidence), kinds)


def _doubtful_below(wrong: Mask, evidence: Any) -> float:
    order = np.argsort(evidence, kind="stable")
    shares = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    enriched = np.flatnonzero(shares >= 2 * wrong.mean()) if wrong.any() else np.zeros(0, np.int64)
    return float(evidence[order[enriched[-1]]]) if len(enriched) else -np.inf


def _of_kind(mine: Mask, wrong: Mask, evidence: Any) -> dict[str, Any]:
    """How one kind of error ranks among the records without any."""
    there = mine | ~wrong
    score = average_precision(mine[there], -evidence[there])
    chance = mine.sum() / there.sum()
    return {"planted": int(mine.sum()), "average_precision": round(score, 4), "chance": round(float(chance), 4)}


def _evidence(verdicts: Sequence[Verdict]) -> Any:
    return np.array([verdict.evidence for verdict in verdicts], np.float64)


def at_most(findings: Findings, known: int) -> dict[str, Any] | None:
    """The share of wrong targets, at most, with an interval; None where no planted error was caught.

    Suspects over the share of planted errors caught at the same threshold, where that is least. False alarms are in it.
    """
    measured = findings.measured
    verdicts = findings.verdicts[:known]
    sure = np.array([v.confidence if v.evidence < 0 else 0.0 for v in verdicts])
    found: list[dict[str, Any]] = []
    for mending in measured.mendings:
        if mending.caught:
            suspects = int((sure >= mending.threshold).sum())
            recall = mending.caught / measured.planted
            low, high = (
                min(1.0, bound / r)
                for bound, r in zip(
                    wilson(suspects, known), reversed(wilson(mending.caught, measured.planted)), strict=True
                )
            )
            rate = min(1.0, suspects / known / recall)
            found.append({"rate": round(rate, 4), "low": round(low, 4), "high": round(high, 4), "suspected": suspects})
    return min(found, key=lambda one: one["high"], default=None)
