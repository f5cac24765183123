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
    from pipeline.label.aggregation.votes import Floats

ROUNDS = 50
TOLERANCE = 1e-4
STEPS = 10  # L-BFGS steps in each M step; EM needs only an improvement


def glad(votes: Votes) -> Consensus:
    """Posterior labels; quality is an annotator's mean probability of being right on the items seen."""
    people = len(votes.annotators)
    posterior = normalised(votes.counts())
    parameters = np.ones(people + len(votes.items))
    total = votes.by_annotator(np.ones(len(votes.item)))
    for _ in range(ROUNDS):
        before = posterior
        parameters = _improve(votes, posterior, parameters)
        strength = parameters[:people][votes.annotator] * np.exp(parameters[people:])[votes.item]
        gain = strength + np.log(len(votes.labels) - 1)  # log odds of right against one given wrong label
        posterior = from_logs(votes.spread(gain))
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return Consensus(posterior, votes.by_annotator(_sigmoid(strength)) / total)


def _improve(votes: Votes, posterior: Floats, start: Floats) -> Floats:
    from scipy.optimize import minimize

    right = posterior[votes.item, votes.label]
    people, items = len(votes.annotators), len(votes.items)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        ability, easiness = parameters[:people][votes.annotator], np.exp(parameters[people:])[votes.item]
        strength = ability * easiness
        # right * log(sigmoid) + (1 - right) * log(1 - sigmoid), without overflow
        likelihood = right * strength - np.logaddexp(0, strength)
        error = right - _sigmoid(strength)
        pull = parameters - 1
        slope = np.concatenate(
            [
                np.bincount(votes.annotator, error * easiness, people),
                np.bincount(votes.item, error * strength, items),
            ]
        )
        return float(pull @ pull / 2 - likelihood.sum()), pull - slope

    bounds = [(-10.0, 10.0)] * people + [(-3.0, 3.0)] * items
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}).x)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -500, 500))), np.float64)
