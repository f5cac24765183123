"""Dawid-Skene with priors (MAP), and its one-coin special case.

Dawid & Skene 1979, https://doi.org/10.2307/2346806: every annotator has a confusion matrix, every
item a hidden true label; EM alternates between them. Plain maximum likelihood over-fits
annotators with few votes, so both estimates carry a Dirichlet prior (Paun et al. 2018,
https://doi.org/10.1162/tacl_a_00040, compare such models).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.label.aggregation.votes import Consensus, Votes, from_logs, normalised

if TYPE_CHECKING:
    from pipeline.label.aggregation.votes import Floats

ROUNDS = 100
TOLERANCE = 1e-5

#: Pseudo-votes of the confusion prior: for the right label, and for the wrong ones (at most 1 each,
#: and together no more than the right one, so that many labels do not drown it).
#: 4 and 1 did best of the pairs tried on the weather votes (benchmarks/crowd.py) at 3, 5 and 20 votes an item.
RIGHT_LABEL = 4.0


def dawid_skene(votes: Votes) -> Consensus:
    """Posterior labels under one confusion matrix per annotator, with a Dirichlet prior on its rows."""
    return _expectation_maximisation(votes, RIGHT_LABEL, min(1.0, RIGHT_LABEL / (len(votes.labels) - 1)))


def dawid_skene_ml(votes: Votes) -> Consensus:
    """The same by maximum likelihood, as in 1979: over-fits annotators with few votes."""
    return _expectation_maximisation(votes, 1e-6, 1e-6)


def _expectation_maximisation(votes: Votes, diagonal: float, off: float) -> Consensus:
    prior = np.full((len(votes.labels), len(votes.labels)), off)  # (true, given)
    np.fill_diagonal(prior, diagonal)
    posterior = normalised(votes.counts())
    for _ in range(ROUNDS):
        before = posterior
        classes = normalised(posterior.sum(axis=0) + off)
        confusion = normalised(_confusion_counts(votes, posterior) + prior)  # (annotators, true, given)
        posterior = from_logs(np.log(classes) + _log_likelihood(votes, np.log(confusion)))
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return Consensus(posterior, np.einsum("akk,k->a", confusion, classes))


def _confusion_counts(votes: Votes, posterior: Floats) -> Floats:
    people, size = len(votes.annotators), len(votes.labels)
    cells = votes.annotator * size + votes.label
    counts = [np.bincount(cells, posterior[votes.item, k], people * size).reshape(people, size) for k in range(size)]
    return np.stack(counts, axis=1)


def _log_likelihood(votes: Votes, log_confusion: Floats) -> Floats:
    sums = [
        np.bincount(votes.item, log_confusion[votes.annotator, k, votes.label], len(votes.items))
        for k in range(len(votes.labels))
    ]
    return np.stack(sums, axis=1)


#: Beta prior of the one-coin accuracy: as if an annotator had been right RIGHT times and wrong WRONG times.
RIGHT, WRONG = 2.0, 1.0


def one_coin(votes: Votes) -> Consensus:
    """Posterior labels under one accuracy per annotator; wrong votes fall evenly on the other labels."""
    others = len(votes.labels) - 1
    posterior = normalised(votes.counts())
    total = votes.by_annotator(np.ones(len(votes.item)))
    for _ in range(ROUNDS):
        before = posterior
        right = votes.by_annotator(posterior[votes.item, votes.label])
        accuracy = (right + RIGHT) / (total + RIGHT + WRONG)
        gain = np.log(accuracy) - np.log((1 - accuracy) / others)
        posterior = from_logs(votes.spread(gain[votes.annotator]))
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return Consensus(posterior, accuracy)
