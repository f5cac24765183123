"""How many suggested changes are right, from the estimated share of wrong targets.

Precision on planted errors is a lower bound, and a low one where the data has as many errors of its own: relabelling
those counts as wrong. This second estimate needs nothing planted. Of the targets contradicted from a confidence on,
(share of wrong targets) / (share contradicted) are wrong, and all but the share of the models' own errors are changed
into the right one. The lower end of the share's interval is taken, so that few records promise less; where the data
cannot tell how many targets are wrong, nothing is promised.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.clean.label_errors.detectors.contract import Scores
from pipeline.clean.label_errors.label_noise import LabelNoise

# `_REACHED` is a guess: not measured.
_REACHED = (
    0.4  # share of the records that must reach a confidence: of fewer, wrong targets may be more or less frequent
)
_TRIED = [percent / 100 for percent in range(50, 100)]  # a guess: not measured


def change_precision(scores: Scores, noise: LabelNoise) -> dict[float, float]:
    """The estimated precision of changes, by the confidence from which on they are made."""
    if noise.share is None:
        return {}
    precision = {}
    for threshold in _TRIED:
        clear = scores.clarity >= threshold
        if clear.sum() >= _REACHED * len(clear) and (scores.differs & clear).any():
            contradicted = float(scores.differs[clear].mean())
            slips = max(0.0, contradicted - noise.share.value)  # they name a wrong target for wrong ones as often
            precision[threshold] = min(1.0, noise.share.low / contradicted) * (1 - slips)
    return precision


def precise_from(precision: Mapping[float, float], wanted: float) -> float | None:
    """The lowest confidence from which on changes are estimated this precise; None if there is none."""
    return next((threshold for threshold, found in precision.items() if found >= wanted), None)


def precision_notes(precision: Mapping[float, float]) -> dict[str, float]:
    """For report.json: every tenth from a half on."""
    return {f"{t:g}": round(found, 4) for t, found in precision.items() if round(100 * t) % 10 == 0}
