"""Three signals of a wrong label: a linear model and the nearest neighbours out of fold, and the area under the margin.

A confident model saturates: the difference of two probabilities is 1.0 for thousands of labels, so ranking by it (the
normalised margin) loses against plain self-confidence. Differences of log probabilities do not saturate.
Neighbours err elsewhere than a linear model does, so the product of both ranks better than either; and a label that
training takes up late (its margin is low on average over the epochs) is doubtful in a way that no single
fitted model shows (Pleiss et al. 2020, https://arxiv.org/abs/2001.10528, area under the margin).
`benchmarks/label_errors.py` measures each part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.record import share
from pipeline.modeling.features.neighbours import Keys, nearest

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

# `REFERENCES` is a guess: not measured.
REFERENCES = 16_384  # records that neighbours are sought among, so that cost grows with the data, not its square
_FLOOR = 0.01  # votes for a class that no neighbour has; a guess: not measured
_EPOCHS = 50  # chosen with benchmarks/label_errors.py
_RATE = 0.1  # a guess: not measured
_ROWS = 1024  # of a step; a guess: not measured


def log_margin(probabilities: Floats, labels: Labels) -> Floats:
    """Log odds of the given label against the best other one; low is doubtful, below 0 another is likelier."""
    rows = np.arange(len(labels))
    logs = np.log(probabilities + 1e-9)
    own = logs[rows, labels].copy()
    logs[rows, labels] = -np.inf
    return np.asarray(own - logs.max(axis=1), np.float64)


def joined(model: Floats, votes: Floats) -> Floats:
    """Logits of the model and the neighbours taken together, shape (rows, classes)."""
    return np.log(model + 1e-9) + np.log(votes + _FLOOR)


def reference_rows(ids: Sequence[str], seed: str) -> Labels:
    """The rows that neighbours are sought among: all, or a sample drawn from each record's id alone."""
    if len(ids) <= REFERENCES:
        return np.arange(len(ids))
    order = sorted(range(len(ids)), key=lambda n: share("neighbours", seed, ids[n]))
    return np.array(sorted(order[:REFERENCES]), np.int64)


def neighbour_votes(
    vectors: NDArray[np.float32],
    groups: Sequence[str],
    known: NDArray[np.float32],
    known_groups: Sequence[str],
    known_labels: Labels,
    classes: int,
    use: str,
    names: tuple[Keys, Keys] | None = None,
) -> Floats:
    """Labels of the nearest `known` records, weighted, shape (rows, classes); a record's own group has no vote.

    Vectors are L2-normalised. Where a record has no neighbour outside its group all classes get 0. `use` and `names`:
    as `nearest`.
    """
    votes = np.zeros((len(vectors), classes))
    for rows, found, weights in nearest(vectors, groups, known, known_groups, use, names):
        cells = np.arange(len(found))[:, None] * classes + known_labels[found]  # (part, neighbours)
        votes[rows] = np.bincount(cells.ravel(), weights.ravel(), len(found) * classes).reshape(len(found), classes)
    return votes


def area_under_margin(vectors: NDArray[np.float32], labels: Labels, classes: int) -> Floats:
    """Each label's logit less the best other one, averaged over the epochs of a softmax regression (AUM).

    Adam on the full batch, so the result depends on nothing but the data.
    """
    size, columns = vectors.shape
    weights = np.zeros((columns + 1, classes), np.float32)  # the last row is the bias
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    total = np.zeros(size)
    for epoch in range(1, _EPOCHS + 1):
        slope = np.zeros_like(weights)
        for start in range(0, size, _ROWS):  # as many rows as stay in the processor's cache
            part = slice(start, start + _ROWS)
            margins, change = _step(vectors[part], labels[part], weights)
            total[part] += margins
            slope += change
        slope /= np.float32(size)
        first += np.float32(0.1) * (slope - first)
        second += np.float32(0.001) * (slope * slope - second)
        step = first / np.float32(1 - 0.9**epoch) / (np.sqrt(second / np.float32(1 - 0.999**epoch)) + np.float32(1e-8))
        weights -= np.float32(_RATE) * step
    return total / _EPOCHS


def _step(
    vectors: NDArray[np.float32], labels: Labels, weights: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The margins of some rows, and the slope of their summed log loss."""
    rows = np.arange(len(vectors))
    logits = vectors @ weights[:-1] + weights[-1]
    own = logits[rows, labels].copy()
    errors = np.exp(logits - logits.max(axis=1, keepdims=True))
    errors /= errors.sum(axis=1, keepdims=True)
    errors[rows, labels] -= 1
    logits[rows, labels] = -np.inf
    return own - logits.max(axis=1), np.vstack([vectors.T @ errors, errors.sum(axis=0)])


def mixed(margins: Floats, aum: Floats, part: float) -> Floats:
    """Log margins, with `part` of them given by the areas under the margin brought to their scale."""
    scale = margins.std() / max(float(aum.std()), 1e-9)
    result: Floats = (1 - part) * margins + part * scale * aum
    return result
