"""What changing doubtful labels buys, measured by predicting labels that took no part.

Precision on planted noise is a lower bound, and a low one where the data has as many errors of its own: mending those
counts as wrong. This second measure needs no truth. Two thirds of the records are judged by themselves, their labels
are changed from a confidence on, and a model of them predicts the labels of the last third, with the changes and
without; each third takes its turn. Wrong labels among those that are predicted hurt both models alike and hide a part
of the gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.judging import Recipe, ask
from pipeline.clean.strength import STRENGTHS
from pipeline.modeling.linear import fit
from pipeline.record import Record, share

if TYPE_CHECKING:
    from pipeline.clean.steps.label_errors import LabelErrors

#: Confidences that are tried: below a half the suggestion is likelier wrong than right.
_TRIED = (0.5, 0.6, 0.7, 0.8, 0.9)
_ERRORS = 3.0  # standard errors that a gain must stand above zero: with these tries chance does so once in 200 runs
_PARTS = 3


class Gain(NamedTuple):
    """What changes from `threshold` on did: to how many labels, and to the share of held-out labels that is predicted.

    `error` is the standard error of the gain.
    """

    threshold: float
    changed: int
    gain: float
    error: float

    @property
    def low(self) -> float:
        """What the gain surely is."""
        return self.gain - _ERRORS * self.error

    def as_notes(self) -> dict[str, float]:
        """For report.json."""
        rounded = {"gain": round(self.gain, 6), "low": round(self.low, 6)}
        return {"threshold": self.threshold, "changed": self.changed, **rounded}


def best_gain(found: Sequence[Gain]) -> Gain | None:
    """The largest of the gains that are beyond chance."""
    return max((one for one in found if one.low > 0), key=lambda one: one.gain, default=None)


def gains(
    vectors: Any,
    labels: Sequence[str],
    members: Sequence[Record],
    settled: Sequence[bool],
    recipe: Recipe,
    settings: LabelErrors,
) -> list[Gain]:
    """The gain at each threshold, on at most `calibration_rows` records; none where a part has fewer than two classes.

    `settled` marks labels that must not be changed. The model that predicts is as strong as suits the labels as given.
    """
    seed = str(settings.seed)
    order = sorted(range(len(members)), key=lambda n: share("gain", seed, members[n].id))
    some = sorted(order[: settings.calibration_rows])
    inputs, chosen = vectors[some], [members[n] for n in some]
    given, free = np.array([labels[n] for n in some]), ~np.array([settled[n] for n in some])
    turn = np.array([int(_PARTS * share("gain part", seed, record.group or record.id)) for record in chosen])
    if min(len(set(given[turn == part].tolist())) for part in range(_PARTS)) < 2:
        return []
    before = np.zeros(len(some))
    after = {threshold: np.zeros(len(some)) for threshold in _TRIED}
    changed = dict.fromkeys(_TRIED, 0)
    strength = max(STRENGTHS, key=lambda c: _hits(inputs, given, given, turn == 0, c).sum())
    for part in range(_PARTS):
        out, learn = turn == part, np.flatnonzero(turn != part)
        suggested, confidence = _answers(inputs[learn], given[learn], [chosen[n] for n in learn], recipe, settings)
        before[out] = _hits(inputs, given, given, out, strength)
        for threshold in _TRIED:
            moved = free[learn] & (suggested != given[learn]) & (confidence >= threshold)
            now = given.copy()
            now[learn[moved]] = suggested[moved]
            after[threshold][out] = _hits(inputs, now, given, out, strength)
            changed[threshold] += int(moved.sum())
    gaps = {threshold: after[threshold] - before for threshold in _TRIED}
    # A record is learnt from in all parts but one.
    return [
        Gain(t, changed[t] // (_PARTS - 1), float(gap.mean()), float(gap.std() / np.sqrt(len(gap))))
        for t, gap in gaps.items()
    ]


def _answers(
    vectors: Any, given: NDArray[Any], members: Sequence[Record], recipe: Recipe, settings: LabelErrors
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The likeliest class of each record and its probability, by models that saw neither it nor its group."""
    said = ask(vectors, given.tolist(), members, settings)
    probabilities = said.probabilities(recipe)
    return np.array(said.names)[probabilities.argmax(axis=1)], probabilities.max(axis=1)


def _hits(vectors: Any, learnt: NDArray[Any], given: NDArray[Any], out: Any, strength: float) -> NDArray[np.bool_]:
    """Which labels of the rows `out` a model predicts that learnt from the other rows, labelled `learnt`."""
    classes = set(learnt[~out].tolist())
    if len(classes) < 2:  # everything was changed into one class
        return np.asarray(given[out] == classes.pop())
    head = fit(vectors[~out], learnt[~out].tolist(), strength)
    best = head.logits(vectors[out]).argmax(axis=1)
    return np.asarray(np.array(head.labels)[best] == given[out])
