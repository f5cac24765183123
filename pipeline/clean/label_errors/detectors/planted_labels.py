"""Label noise that is known, planted in a copy: any other class, or the classes that a model confuses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import share

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_PER_DOUBLING = 8  # steps of a probability; a guess: not measured


def plant_labels(labels: Labels, probabilities: Floats, ids: Sequence[str], rate: float, seed: str) -> Labels:
    """A copy where a share `rate` of labels is wrong, confused as `probabilities` (rows, classes) confuse them.

    Which labels and what they become depends on each record's id alone: a wrong label is drawn
    from the average probability of the other classes on records of this class (equal ones: symmetric noise), rounded
    to steps of a tenth: so a record that changes does not change what is planted in the others.
    """
    classes = probabilities.shape[1]
    wrong = np.zeros((classes, classes))
    np.add.at(wrong, labels, probabilities)
    np.fill_diagonal(wrong, 0.0)
    wrong += 1e-9 * (1 - np.eye(classes))
    with np.errstate(divide="ignore"):
        rounded = 2 ** (np.rint(np.log2(wrong / wrong.sum(axis=1, keepdims=True)) * _PER_DOUBLING) / _PER_DOUBLING)
    steps = np.cumsum(rounded / rounded.sum(axis=1, keepdims=True), axis=1)
    planted = labels.copy()
    for n, id in enumerate(ids):
        if share("plant", seed, id) < rate:
            label = labels[n]
            planted[n] = min(int(np.searchsorted(steps[label], share("plant as", seed, id), "right")), classes - 1)
            if planted[n] == label:  # only where rounding leaves the last step below the draw
                planted[n] = (label + 1) % classes
    return planted
