"""How many targets are wrong, and how many suggested changes are right, estimated from the clearest records.

Precision on planted noise is a lower bound, and a low one where the data has as many errors of its own: relabelling
those counts as wrong. This second estimate needs nothing planted. Among the records whose target is clearest the models
themselves hardly err, so the share of targets that they contradict there is the share of wrong ones. Where errors of
the models come in, less and less clear records are contradicted more often than that: of the targets contradicted from
a confidence on, (share of wrong targets) / (share contradicted) are wrong, and all but the share of the models' own
errors are changed into the right one. It holds where wrong targets are no rarer among unclear records than among clear.
Hard data have no floor: there the contradictions thin out as records get clearer, and no change passes, since a floor
must be as wide as the widest of these shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.clean.label_errors.detectors.contract import Integers, Scores
from pipeline.clean.label_errors.quality import THRESHOLDS, Quality
from pipeline.core.record import Target
from pipeline.stats.intervals import wilson

#: Shares of the records, clearest first, of which the least contradicted one tells the share of wrong targets.
_CLEAREST = (0.05, 0.1, 0.2, 0.3, 0.4)
_FEWEST = 200  # records in such a share: below, too few are contradicted to tell
_CLEAR = 0.8  # mean clarity over the widest share: models less confident than that contradict for want of knowledge
_TRIED = [percent / 100 for percent in range(50, 100)]
_ENOUGH = 30  # planted errors that a threshold must catch for its recall to be trusted

ClassNoise = dict[str, dict[str, float | str | None]]


class NoiseRate(NamedTuple):
    """Share of wrong targets among the clearest records, and the estimated precision of changes by confidence.

    Precision takes the lower end of that share's 95 % interval, so that few records promise less.
    """

    wrong: float
    precision: dict[float, float]

    def threshold(self, precision: float) -> float | None:
        """The lowest confidence from which on changes are estimated this precise; None if there is none."""
        return next((t for t, found in self.precision.items() if found >= precision), None)

    def as_notes(self) -> dict[str, object]:
        """For report.json: every tenth from a half on."""
        shown = {f"{t:g}": round(p, 4) for t, p in self.precision.items() if round(100 * t) % 10 == 0}
        return {"wrong": round(self.wrong, 4), "precision": shown}


def noise_rate(scores: Scores) -> NoiseRate:
    """The estimate for these targets, at each confidence that enough records reach to show a floor."""
    order = np.argsort(-scores.clarity, kind="stable")
    sizes = [size for size in (int(part * len(order)) for part in _CLEAREST) if size >= _FEWEST]
    if not sizes or scores.clarity[order[: sizes[-1]]].mean() < _CLEAR:
        return NoiseRate(0.0, {})
    wrong = min(float(scores.differs[order[:size]].mean()) for size in (*sizes, len(order)))
    at_least, _ = wilson(round(wrong * sizes[-1]), sizes[-1])
    precision = {}
    for threshold in _TRIED:
        clear = scores.clarity >= threshold
        if clear.sum() >= _CLEAREST[-1] * len(order) and (scores.differs & clear).any():
            contradicted = float(scores.differs[clear].mean())
            slips = max(0.0, contradicted - wrong)  # of the models; they name a wrong target for wrong ones as often
            precision[threshold] = min(1.0, at_least / contradicted) * (1 - slips)
    return NoiseRate(wrong, precision)


def noise_notes(
    scores: Scores, given: Sequence[Target], strata: Integers, copies: Mapping[str, Quality]
) -> dict[str, object]:
    """For report.json: `noise_by_class`, and where targets have no classes `noise_at_most`, with intervals.

    Records that another target is likelier for at a threshold, over the share of planted errors (of the copy that is
    hardest to tell) that this threshold caught. False alarms are in it, so it is an upper estimate; of all thresholds
    the one where it is lowest is used.
    """
    hardest = min(copies.values(), key=lambda one: one.average_precision)
    caught = {one.threshold: one.caught for one in hardest.thresholds}
    usable = {t: c / hardest.planted for t, c in caught.items() if c >= _ENOUGH} or {THRESHOLDS[0]: 0.0}
    suspects = {t: scores.differs & (scores.confidence >= t) for t in usable}
    best = min(usable, key=lambda t: (suspects[t].sum() / max(usable[t], 1e-9), t))
    low_recall, high_recall = wilson(caught[best], hardest.planted)
    rates: ClassNoise = {}
    classes = np.unique(strata).tolist()
    for code in classes:
        mine = np.flatnonzero(strata == code)
        wrong = mine[suspects[best][mine]]
        low, high = wilson(len(wrong), len(mine))
        others = Counter(str(scores.suggested[n]) for n in wrong.tolist())
        rates[str(given[mine[0]])] = {
            "records": len(mine),
            "suspected": len(wrong),
            "rate": _share(len(wrong) / max(len(mine), 1), usable[best]),
            "low": _share(low, high_recall),
            "high": _share(high, low_recall),
            "mostly": min(others, key=lambda c: (-others[c], c)) if others and len(classes) > 1 else None,
        }
    return {"noise_by_class": rates} if len(classes) > 1 else {"noise_at_most": next(iter(rates.values()))}


def _share(part: float, recall: float) -> float:
    return round(min(1.0, part / recall), 4) if recall else 1.0
