"""How likely an answer is right, from how sure the model was and from what the answer is.

A model may take one label for another every time and be sure of it: its own confidence cannot tell, but records whose
label is known can. Each answer (a label, say) has an offset on the log odds that the confidence gives, shrunk towards
none by a normal prior: a logistic model with a random intercept for each answer (Gelman and Hill 2007, chapter 14). A
wrong answer that the model was sure of weighs more than one that it doubted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.record import Target, as_json
from pipeline.stats.numbers import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Spreads of the offsets that are tried, in log odds; the one that predicts left-out rows best is used.
#: A guess: not measured.
_SPREADS = (0.25, 0.5, 1.0, 2.0, 4.0)
#: Log odds are a line of the score with bends at these quantiles: a model is often sure, or not, with little between.
#: A guess: not measured.
_BENDS = (0.25, 0.5, 0.75)
_STEPS, _LARGEST = 15, 8.0  # guesses: not measured


class AnswerOdds:
    """Fitted on answers to records whose label is known."""

    def __init__(self, scores: Sequence[float], targets: Sequence[Target], right: NDArray[np.bool_]) -> None:
        values = np.array(scores, np.float64)
        self._right = right
        self._bends = np.unique(np.quantile(values, _BENDS)) if len(values) else np.zeros(0)
        self._curve = _curve(self._bent(values), right)
        self._scores, self._base = values, self._log_odds(values)
        self._rows: dict[str, list[int]] = {}
        for n, target in enumerate(targets):
            self._rows.setdefault(as_json(target), []).append(n)
        left = {spread: self._left_out(spread) for spread in _SPREADS}
        self._spread = max(left, key=lambda spread: _likelihood(self._base + left[spread], right))
        self._own = left[self._spread]
        self._offsets = {
            key: float(self._fitted(rows, self._spread, whole=True)[0]) for key, rows in self._rows.items()
        }

    def known(self) -> Floats:
        """Columns score, log odds by the score, offset of the answer without this record; a row a record."""
        return np.column_stack([self._scores, self._base, self._own])

    def of(self, scores: Sequence[float], targets: Sequence[Target]) -> Floats:
        """The same columns for other answers; one that was never given to a known record has no offset."""
        values = np.array(scores, np.float64)
        offsets = [self._offsets.get(as_json(target), 0.0) for target in targets]
        return np.column_stack([values, self._log_odds(values), offsets]).reshape(-1, 3)

    def _bent(self, values: Floats) -> Floats:
        return np.column_stack([values, *(np.minimum(values - bend, 0) for bend in self._bends)])

    def _log_odds(self, values: Floats) -> Floats:
        weights, constant = self._curve
        found: Floats = self._bent(values) @ weights + constant
        return np.clip(found, -_LARGEST, _LARGEST)

    def _left_out(self, spread: float) -> Floats:
        found = np.zeros(len(self._right))
        for rows in self._rows.values():
            found[rows] = self._fitted(rows, spread, whole=False)
        return found

    def _fitted(self, rows: Sequence[int], spread: float, whole: bool) -> Floats:
        """The likeliest offset of an answer, by Newton's method: of all its rows, or for each row of the others."""
        base, right = self._base[rows], self._right[rows].astype(np.float64)
        used = np.ones((1, len(rows))) if whole else 1.0 - np.eye(len(rows))  # (offsets, rows)
        offset = np.zeros(len(used))
        for _ in range(_STEPS):
            p = 1 / (1 + np.exp(-(base + offset[:, None])))
            slope = (used * (right - p)).sum(axis=1) - offset / spread**2
            bend = (used * p * (1 - p)).sum(axis=1) + 1 / spread**2
            offset = np.clip(offset + np.clip(slope / bend, -2, 2), -_LARGEST, _LARGEST)
        return offset


def _curve(columns: Floats, right: NDArray[np.bool_]) -> tuple[Floats, float]:
    if right.all() or not right.any():
        share = (right.sum() + 1) / (len(right) + 2)
        return np.zeros(columns.shape[1]), float(np.log(share / (1 - share)))
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0, max_iter=1000).fit(columns, right)
    return np.asarray(model.coef_[0], np.float64), float(model.intercept_[0])


def _likelihood(log_odds: Floats, right: NDArray[np.bool_]) -> float:
    return -float(np.logaddexp(0, np.where(right, -log_odds, log_odds)).sum())
