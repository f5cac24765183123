"""GLAD: annotators differ in ability, items in difficulty.

Whitehill, Ruvolo, Wu, Bergsma & Movellan 2009, "Whose Vote Should Count More",
https://papers.nips.cc/paper/3644. P(vote is right) = sigmoid(ability x easiness); wrong votes fall
evenly on the other labels; normal priors with mean 1 on ability and on log easiness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.label.aggregation.votes import Consensus, Votes, from_logs, normalised

if TYPE_CHECKING:
    from pipeline.label.aggregation.votes import Floats, Ints

ROUNDS = 100  # a guess: not measured
TOLERANCE = 1e-4  # a guess: not measured
STEPS = 3  # Newton steps in each M step; EM needs only an improvement; a guess: not measured
LONGEST_STEP = 1.0  # a guess: not measured


def glad(votes: Votes) -> Consensus:
    """Posterior labels; quality is an annotator's mean probability of being right on the items seen."""
    posterior = normalised(votes.counts())
    ability, easiness = np.ones(len(votes.annotators)), np.ones(len(votes.items))  # easiness in logs
    total = votes.by_annotator(np.ones(len(votes.item)))
    for _ in range(ROUNDS):
        before = posterior
        ability, easiness = _improve(votes, posterior[votes.item, votes.label], ability, easiness)
        strength = _strength(votes, ability, easiness)
        gain = strength + np.log(len(votes.labels) - 1)  # log odds of right against one given wrong label
        posterior = from_logs(votes.spread(gain))
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return Consensus(posterior, votes.by_annotator(_sigmoid(strength)) / total)


def _improve(votes: Votes, right: Floats, ability: Floats, easiness: Floats) -> tuple[Floats, Floats]:
    """Newton steps on all abilities, then on all easinesses: given the others, each stands alone."""
    for _ in range(STEPS):
        scale = np.exp(np.clip(easiness, -5, 5))[votes.item]
        ability = _newton(ability, right, _strength(votes, ability, easiness), scale, votes.annotator)
        strength = _strength(votes, ability, easiness)
        easiness = _newton(easiness, right, strength, strength, votes.item)
    return ability, easiness


def _newton(values: Floats, right: Floats, strength: Floats, slope: Floats, owner: Ints) -> Floats:
    """`values` one damped step up the posterior; `slope` is d strength / d value of each vote's `owner`."""
    p = _sigmoid(strength)
    gradient = np.bincount(owner, (right - p) * slope, len(values)) - (values - 1)
    curvature = np.bincount(owner, p * (1 - p) * slope**2, len(values)) + 1
    return np.asarray(values + np.clip(gradient / curvature, -LONGEST_STEP, LONGEST_STEP), np.float64)


def _strength(votes: Votes, ability: Floats, easiness: Floats) -> Floats:
    return np.asarray(ability[votes.annotator] * np.exp(np.clip(easiness, -5, 5))[votes.item], np.float64)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -500, 500))), np.float64)
