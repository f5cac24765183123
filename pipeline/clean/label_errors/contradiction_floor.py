"""How often targets are contradicted where records are clearest: the floor of that curve, with an interval.

Sort records by how clear they are to a model that never saw them. Its own errors thin out towards the clear end; wrong
targets do not, as long as they hit clear and unclear records alike. So the share of contradicted targets, as a function
of the place u in that order (near 0: clearest), falls to a floor, and the floor is the share of wrong targets:

    P(contradicted | u) = floor + (1 - floor * k) * sigmoid(a + b * t(u)),    t(u) = (u^g - 1) / g, or log u for g = 0

as a psychometric function falls to its lapse rate (Wichmann & Hill 2001, https://doi.org/10.3758/BF03194544); k is
classes / (classes - 1), since errors of model and target can coincide. Maximum likelihood over a, b and the shape g;
the interval is that of the profile likelihood. Where no floor shows, because the curve still falls at the clear end
or is flat throughout, the interval is wide by itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Floors that are tried: steps of a quarter of a point below 2 %, of half a point below 10 %, of one point above.
#: A guess: not measured.
FLOORS: Floats = np.concatenate([np.arange(0, 0.02, 0.0025), np.arange(0.02, 0.1, 0.005), np.arange(0.1, 0.7001, 0.01)])

# `_EDGES` is a guess: not measured.
_EDGES: Floats = np.concatenate(
    [np.arange(0, 0.1, 0.02), np.arange(0.1, 0.2, 0.025), np.arange(0.2, 0.5, 0.05), np.arange(0.5, 1.01, 0.1)]
)  # bins of u, finer at the clear end
_MIDDLES: Floats = (_EDGES[1:] + _EDGES[:-1]) / 2
_LEVELS: Floats = np.arange(-2.5, 3.01, 0.25)  # a; a guess: not measured
_SLOPES: Floats = np.concatenate([[0.0], np.exp(np.linspace(np.log(0.15), np.log(20), 26))])  # b; a guess: not measured
_SHAPES = (0.0, 0.5, 1.0)  # g; a guess: not measured
# `_DROP`: half of the .95 quantile of chi-squared with one degree of freedom.
_DROP = 1.92  # log likelihood below its maximum: a 95 % interval, were the curve exactly of this form
# `_MOST` is a guess: not measured.
_MOST = 3000  # records from which on more do not narrow the interval: the form of the curve is only nearly right


class Floor(NamedTuple):
    """The likeliest floor, and the ends of its interval."""

    value: float
    low: float
    high: float


def places_by_class(clarity: Floats, predicted: Integers) -> Floats:
    """The place u of each record among those of its predicted class, clearest first, between 0 and 1.

    Within classes, since the clearest records of all come from easy classes, whose targets may be right more often.
    """
    places = np.empty(len(clarity))
    for code in np.unique(predicted):
        mine = np.flatnonzero(predicted == code)
        ordered = mine[np.argsort(-clarity[mine], kind="stable")]
        places[ordered] = (np.arange(len(mine)) + 0.5) / len(mine)
    return places


def floor_of(contradicted: Mask, places: Floats, classes: int | None = None, steep: bool = False) -> Floor:
    """The floor of contradictions; `classes` None: the targets are of one class, or of none.

    `steep`: the model's own errors thin out at least in proportion to u, so that a flat curve is all floor.
    """
    bins = np.clip(np.searchsorted(_EDGES, places, "right") - 1, 0, len(_MIDDLES) - 1)
    all_ = np.bincount(bins, minlength=len(_MIDDLES)).astype(np.float32)
    wrong = np.bincount(bins, weights=contradicted, minlength=len(_MIDDLES)).astype(np.float32)
    likelihood = np.full(len(FLOORS), -np.inf)
    for log_wrong, log_right in _curves(classes, steep):
        found = (log_wrong @ wrong + log_right @ (all_ - wrong)).max(axis=1)
        likelihood = np.maximum(likelihood, found)
    best = int(likelihood.argmax())
    inside = np.flatnonzero(likelihood >= likelihood[best] - _DROP * max(1.0, len(places) / _MOST))
    return Floor(float(FLOORS[best]), float(FLOORS[inside[0]]), float(FLOORS[inside[-1]]))


@lru_cache(maxsize=8)
def _curves(classes: int | None, steep: bool) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """For each shape the log probabilities of being contradicted and of not, shape (floors, curves, bins)."""
    found = []
    k = classes / (classes - 1) if classes else 1.0
    floors, slopes = FLOORS[:, None, None], _SLOPES[_SLOPES >= 1] if steep else _SLOPES
    for shape in _SHAPES:
        moved = np.log(_MIDDLES) if shape == 0 else (_MIDDLES**shape - 1) / shape
        errors = 1 / (1 + np.exp(-(_LEVELS[:, None, None] + slopes[None, :, None] * moved)))
        share = np.clip(floors + (1 - floors * k) * errors.reshape(1, -1, len(_MIDDLES)), 1e-6, 1 - 1e-6)
        found.append((np.log(share).astype(np.float32), np.log1p(-share).astype(np.float32)))
    return found
