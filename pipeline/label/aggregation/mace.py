"""MACE: annotators either know the label or guess by a habit of their own.

Hovy, Berg-Kirkpatrick, Vaswani & Hovy 2013, "Learning Whom to Trust with MACE",
https://aclanthology.org/N13-1132. Trained by variational Bayes with the priors of that paper
(Beta(0.5, 0.5) on knowing); started from the vote shares instead of at random, so that equal
votes give equal results.
"""

from __future__ import annotations

import numpy as np

from pipeline.label.aggregation.votes import Consensus, Votes, from_logs, normalised

ROUNDS = 100  # a guess: not measured
TOLERANCE = 1e-5  # a guess: not measured
KNOWING = 0.5  # Beta prior, both sides: most annotators either know or guess; the paper's
GUESSING = 10.0  # Dirichlet prior over an annotator's guesses: near uniform until seen otherwise; the paper's, as above


def mace(votes: Votes) -> Consensus:
    """Posterior labels; quality is the probability that an annotator knew."""
    from scipy.special import digamma

    people, size = len(votes.annotators), len(votes.labels)
    cells = votes.annotator * size + votes.label
    total = votes.by_annotator(np.ones(len(votes.item)))
    posterior = normalised(votes.counts())
    knew = posterior[votes.item, votes.label]
    for _ in range(ROUNDS):
        before = posterior
        knows = votes.by_annotator(knew)
        guesses = np.bincount(cells, 1 - knew, people * size).reshape(people, size)
        trust = np.exp(digamma(knows + KNOWING) - digamma(total + 2 * KNOWING))
        doubt = np.exp(digamma(total - knows + KNOWING) - digamma(total + 2 * KNOWING))
        habit = np.exp(digamma(guesses + GUESSING) - digamma(guesses.sum(axis=1, keepdims=True) + size * GUESSING))
        guessed = doubt[votes.annotator] * habit[votes.annotator, votes.label]
        trusted = trust[votes.annotator]
        posterior = from_logs(votes.spread(np.log(trusted + guessed) - np.log(guessed)))
        knew = posterior[votes.item, votes.label] * trusted / (trusted + guessed)
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return Consensus(posterior, (votes.by_annotator(knew) + KNOWING) / (total + 2 * KNOWING))
