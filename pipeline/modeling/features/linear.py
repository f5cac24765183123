"""Logistic regression on features: the cheap classifier behind pre-labels, label errors and gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.progress import Progress, running
from pipeline.core.record import share
from pipeline.runtime.arrays import array_of, table_of
from pipeline.runtime.engine import Engine, load_engine
from pipeline.runtime.part_cache import FEWEST_ROWS, map_kept
from pipeline.runtime.threads import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Floats = NDArray[np.float64]
    Matrix: TypeAlias = NDArray[np.floating] | csr_matrix


@dataclass(frozen=True)
class LinearHead:
    """A fitted logistic regression. `temperature` divides its logits to calibrate them.

    `weights`, shape (labels, features), and `biases`; of two labels one row, for the second against the first.
    """

    labels: tuple[str, ...]
    weights: NDArray[np.floating]
    biases: NDArray[np.floating]
    temperature: float = 1.0

    def probabilities(self, features: Matrix) -> Floats:
        """Calibrated class probabilities, shape (rows, len(labels))."""
        return softmax(self.logits(features) / self.temperature)

    def logits(self, features: Matrix) -> Floats:
        """Uncalibrated scores, shape (rows, len(labels))."""
        scores = np.asarray(features @ self.weights.T + self.biases, np.float64)
        return scores if len(self.weights) > 1 else np.concatenate([-scores, scores], axis=1) / 2


#: Where a fit stops, as the largest gradient: many quick fits, or the one fit that is kept. On the 77 classes of
#: banking77 the quick one stops after 23 steps, 0.7 points of accuracy short of the other (58 steps, thrice the time).
#: Compared in benchmarks/augmentation.py.
QUICK, THOROUGH = 1e-3, 1e-4


#: Rows of a part, and parts, that models of many rows are fitted on: the mean of such models ranks label errors as the
#: model of all rows does (see benchmarks/README.md), and a label that changes is in one part alone.
_PART, _PARTS = 20_000, 5
_FEWEST_OF_CLASS = 100  # a guess: not measured
#: Rows of all fits together from which on an engine's workers make them: to start these takes as long as smaller fits.
#: A guess: not measured.
_WORTH_SENDING = 50_000
#: Groups of a class from which on their folds are drawn by name: with so many, folds are even enough as they fall, and
#: a group that comes, goes or changes its class leaves the folds of the others alone. A guess: not measured.
_DRAWN = 2000


def fit(
    features: Matrix,
    labels: Sequence[str],
    strength: float = 1.0,
    weights: Floats | None = None,
    tolerance: float = QUICK,
) -> LinearHead:
    """Fit on all rows. `strength` is scikit-learn's C: larger trusts the data more."""
    from sklearn.linear_model import LogisticRegression

    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise PipelineError(f"A classifier needs two classes, found {len(names)}.", "Check the label mapping.")
    model = LogisticRegression(C=strength, max_iter=300, tol=tolerance)
    with running("fit of a linear model", f"{len(labels):,} rows") if tolerance < QUICK else nullcontext():
        model.fit(features, np.searchsorted(names, list(labels)), sample_weight=weights)
    return LinearHead(names, np.asarray(model.coef_), np.asarray(model.intercept_))


def fit_parts(features: Matrix, labels: Sequence[str], rows: NDArray[np.int64], strength: float = 1.0) -> LinearHead:
    """The mean of models of about 20,000 of those rows each, five at most; of up to 40,000 rows one model of all.

    The first hundred rows of each label are in every part, with so much less weight. Large fits on dense features are
    kept for later runs, and made wherever the engine has its workers.
    """
    return next(iter(_means(features, labels, [rows], strength)))


class _Piece(NamedTuple):
    """What one model is fitted on: rows, and how much each of them counts."""

    rows: NDArray[np.int64]
    weights: Floats


def _means(
    features: Matrix, labels: Sequence[str], several: Iterable[NDArray[np.int64]], strength: float
) -> Iterator[LinearHead]:
    """`fit_parts` of each of several choices of rows; all models are fitted side by side."""
    pieces = [_pieces(labels, rows) for rows in several]
    fitted = _fitted(features, labels, list(chain.from_iterable(pieces)), strength)
    for some in pieces:
        heads = [next(fitted) for _ in some]
        weights, biases = (np.mean([getattr(head, name) for head in heads], axis=0) for name in ("weights", "biases"))
        yield LinearHead(heads[0].labels, weights, biases)


def _pieces(labels: Sequence[str], rows: NDArray[np.int64]) -> list[_Piece]:
    parts = max(1, min(len(rows) // _PART, _PARTS))
    step = max(parts, len(rows) // _PART)
    early = _early([labels[n] for n in rows.tolist()]) if parts > 1 else np.zeros(len(rows), bool)
    chosen = [early | (rows % step == part) for part in range(parts)]
    return [_Piece(rows[some], np.where(early[some], 1 / parts, 1.0)) for some in chosen]


def _fitted(features: Matrix, labels: Sequence[str], pieces: Sequence[_Piece], strength: float) -> Iterator[LinearHead]:
    """A model of each piece, in order."""
    if not isinstance(features, np.ndarray) or min(len(piece.rows) for piece in pieces) < FEWEST_ROWS:

        def one(piece: _Piece) -> LinearHead:
            return _fit(features[piece.rows], _some(labels, piece.rows), piece.weights, strength)

        return side_by_side(one, pieces)
    engine = load_engine() if sum(len(piece.rows) for piece in pieces) >= _WORTH_SENDING else Engine()
    parts = (
        table_of(features=features[rows], weights=weights).append_column("label", pa.array(_some(labels, rows)))
        for rows, weights in pieces
    )
    return map_kept(engine, partial(_fit_part, strength=strength), parts)


def _some(labels: Sequence[str], rows: NDArray[np.int64]) -> list[str]:
    return [labels[n] for n in rows.tolist()]


def _fit_part(part: pa.Table, strength: float) -> LinearHead:
    return _fit(array_of(part["features"]), part["label"].to_pylist(), array_of(part["weights"]), strength)


def _fit(features: Matrix, labels: Sequence[str], weights: Floats, strength: float) -> LinearHead:
    return fit(features, labels, strength, None if bool((weights == 1).all()) else weights)


def _early(labels: Sequence[str]) -> NDArray[np.bool_]:
    """Which are among the first hundred of their label, which may be rare."""
    target = np.unique(labels, return_inverse=True)[1]
    order = np.argsort(target, kind="stable")
    starts = np.searchsorted(target[order], target[order], "left")
    found = np.zeros(len(labels), bool)
    found[order] = np.arange(len(labels)) - starts < _FEWEST_OF_CLASS
    return found


def out_of_sample(
    features: Matrix, labels: Sequence[str], groups: Sequence[str], folds: int = 5, seed: int = 0, strength: float = 1.0
) -> tuple[tuple[str, ...], Floats]:
    """Label names, and logits for each row from a model that saw neither it nor its group.

    Shape (rows, number of labels). Folds are stratified, and groups (duplicate clusters) never
    straddle them; small data gets fewer folds. A label missing from a fold's training part gets the
    lowest logit of the row. Models of many rows are the mean of several (`fit_parts`).
    """
    names = tuple(sorted(set(labels)))
    target = np.searchsorted(names, list(labels)).astype(np.int64)
    return out_of_fold_logits(features, labels, stratified_folds(target, groups, folds, seed), strength)


def out_of_fold_logits(
    features: Matrix, labels: Sequence[str], fold_of: NDArray[np.int64], strength: float = 1.0
) -> tuple[tuple[str, ...], Floats]:
    """Label names, and logits for each row from a model fitted on the rows of the other folds; see `out_of_sample`."""
    names = tuple(sorted(set(labels)))
    logits = np.zeros((len(labels), len(names)))
    numbers = np.unique(fold_of).tolist()
    progress = Progress("models fitted", len(numbers))
    heads = _means(features, labels, (np.flatnonzero(fold_of != fold) for fold in numbers), strength)
    for fold, head in zip(numbers, heads, strict=True):
        held_out = np.flatnonzero(fold_of == fold)
        scores = head.logits(features[held_out])
        part = np.repeat(scores.min(axis=1, keepdims=True), len(names), axis=1)
        part[:, np.searchsorted(names, head.labels)] = scores
        logits[held_out] = part
        progress.add()
    return names, logits


def stratified_folds(target: NDArray[np.int64], groups: Sequence[str], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """`grouped_folds`, fewer of them where there are fewer groups, or fewer rows of the commonest class."""
    most = min(len(set(groups)), int(np.bincount(target).max()))
    return grouped_folds(target, groups, max(2, min(folds, most)), seed)


def grouped_folds(target: NDArray[np.int64], groups: Sequence[str], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """The fold of each row: groups whole, classes spread evenly, shape (rows,).

    Groups are dealt out in the order of their size, in random order where equal, each to the fold that has
    fewest of the group's commonest class, and of those to the one with fewest rows; those of a class of 2,000 groups
    or more are drawn, each by its name. scikit-learn's StratifiedGroupKFold weighs all classes of a group, which takes
    minutes for ten thousands of groups.
    """
    names = {name: n for n, name in enumerate(dict.fromkeys(groups))}
    member = np.array([names[group] for group in groups])
    classes = int(target.max()) + 1
    sizes = np.bincount(member)
    commonest = _commonest(member, target, classes)
    drawn = np.bincount(commonest, minlength=classes)[commonest] >= _DRAWN
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    dealt = [[0] * folds for _ in range(classes)]
    rows, chosen = [0] * folds, np.zeros(len(sizes), np.int64)
    chosen[drawn] = [int(folds * share("fold", str(seed), name)) for name, n in names.items() if drawn[n]]
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")].tolist():
        if drawn[group]:
            continue
        of_class = dealt[commonest[group]]
        fold = min(zip(of_class, rows, range(folds), strict=True))[2]
        chosen[group] = fold
        of_class[fold] += int(sizes[group])
        rows[fold] += int(sizes[group])
    result: NDArray[np.int64] = chosen[member]
    return result


def _commonest(member: NDArray[np.int64], target: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """The commonest class of each group."""
    pairs, counts = np.unique(member * classes + target, return_counts=True)
    order = np.lexsort((counts, pairs // classes))  # the last row of each group is its commonest class
    last = np.append(np.diff(pairs[order] // classes) > 0, True)
    return np.asarray(pairs[order][last] % classes)


def fit_temperature(logits: Floats, target: NDArray[np.int64]) -> float:
    """The temperature that minimises log loss (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(target))

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits / np.exp(log_temperature))
        return float(-np.log(probabilities[rows, target] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x))


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float64)
