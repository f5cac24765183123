"""Known label noise, planted in a copy, to measure how well doubtful labels are found and mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import share
from pipeline.stats.intervals import wilson

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]


def plant(labels: Labels, probabilities: Floats, ids: Sequence[str], rate: float, seed: str) -> Labels:
    """A copy where a share `rate` of labels is wrong, confused as `probabilities` (rows, classes) confuse them.

    Which labels and what they become depends on each record's id alone: a wrong label is drawn
    from the average probability of the other classes on records of this class (equal ones: symmetric noise).
    """
    classes = probabilities.shape[1]
    wrong = np.zeros((classes, classes))
    np.add.at(wrong, labels, probabilities)
    np.fill_diagonal(wrong, 0.0)
    wrong += 1e-9 * (1 - np.eye(classes))
    steps = np.cumsum(wrong / wrong.sum(axis=1, keepdims=True), axis=1)
    planted = labels.copy()
    for n, id in enumerate(ids):
        if share("plant", seed, id) < rate:
            label = labels[n]
            planted[n] = min(int(np.searchsorted(steps[label], share("plant as", seed, id), "right")), classes - 1)
            if planted[n] == label:  # only where rounding leaves the last step below the draw
                planted[n] = (label + 1) % classes
    return planted


@dataclass(frozen=True)
class Mending:
    """What "change to the suggested label at confidence >= threshold" did to the planted copy.

    Changes of labels that were not planted count as wrong, though some may be true errors of the
    data: `precision` is a lower bound, `low` the lower end of its 95 % interval (Wilson). `caught` counts the
    planted errors that were changed, rightly or not.
    """

    threshold: float
    changed: int
    right: int
    caught: int
    precision: float
    low: float


def mendings(
    differs: Mask, right: Mask, planted: Mask, confidence: Floats, thresholds: Sequence[float]
) -> list[Mending]:
    """How a change at each threshold fares.

    `differs` marks the rows where another target is suggested, `right` those where that is the one that planting
    replaced, `planted` the rows with planted errors.
    """
    results = []
    for threshold in thresholds:
        changed = differs & (confidence >= threshold)
        count, good = int(changed.sum()), int((changed & right).sum())
        caught = int((changed & planted).sum())
        results.append(Mending(threshold, count, good, caught, good / count if count else 0.0, wilson(good, count)[0]))
    return results


def average_precision(wrong: Mask, doubt: Floats) -> float:
    """Average precision of ranking by `doubt`, greatest first, where `wrong` marks the true errors."""
    hits = wrong[np.argsort(-doubt, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean()) if hits.any() else 0.0
