"""How many suggested changes are right, estimated from the records that the models are surest of.

Precision on planted noise is a lower bound, and a low one where the data has as many errors of its own: mending those
counts as wrong. This second estimate needs nothing planted. Among the records whose class is clearest the models
themselves hardly err, so the share of labels that they contradict there is the share of wrong labels. Where errors of
the models come in, less and less sure records are contradicted more often than that: of the labels contradicted from a
confidence on, (share of wrong labels) / (share contradicted) are wrong, and all but the share of the models' own errors
are changed into the right class. It holds where wrong labels are no rarer among unclear records than among clear ones.
Hard data have no floor: there the contradictions thin out as the models get surer, and no change passes, since a floor
must be as wide as the widest of these shares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.clean.label_errors.out_of_fold import Judged
from pipeline.stats.intervals import wilson

#: Shares of the records, surest first, of which the least contradicted one tells the share of wrong labels.
_CLEAREST = (0.05, 0.1, 0.2, 0.3, 0.4)
_FEWEST = 200  # records in such a share: below, too few are contradicted to tell
_SURE = 0.8  # mean confidence over the widest share: models less sure than that contradict for want of knowledge
_TRIED = [percent / 100 for percent in range(50, 100)]


class Clearest(NamedTuple):
    """Share of wrong labels among the clearest records, and the estimated precision of changes by confidence.

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


def clearest(judged: Judged) -> Clearest:
    """The estimate for these labels, at each confidence that enough records reach to show a floor."""
    off = judged.suggested != judged.labels
    order = np.argsort(-judged.confidence, kind="stable")
    sizes = [size for size in (int(part * len(off)) for part in _CLEAREST) if size >= _FEWEST]
    if not sizes or judged.confidence[order[: sizes[-1]]].mean() < _SURE:
        return Clearest(0.0, {})
    wrong = min(float(off[order[:size]].mean()) for size in (*sizes, len(off)))
    at_least, _ = wilson(round(wrong * sizes[-1]), sizes[-1])
    precision = {}
    for threshold in _TRIED:
        sure = judged.confidence >= threshold
        if sure.sum() >= _CLEAREST[-1] * len(off) and (off & sure).any():
            contradicted = float(off[sure].mean())
            slips = max(0.0, contradicted - wrong)  # of the models; they name a wrong class for wrong labels as often
            precision[threshold] = min(1.0, at_least / contradicted) * (1 - slips)
    return Clearest(wrong, precision)
