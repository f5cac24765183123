"""Dawid-Skene with priors (MAP) and hard items, as it was in 1979, and its one-coin special case.

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

ROUNDS = 100  # a guess: not measured
TOLERANCE = 1e-5  # a guess: not measured

#: Pseudo-votes of the confusion prior: for the right label, and for the wrong ones (at most 1 each,
#: and together no more than the right one, so that many labels do not drown it).
#: 4 and 1 did best of the pairs tried on the weather votes (benchmarks/crowd.py) at 3, 5 and 20 votes an item.
RIGHT_LABEL = 4.0


#: How much of a vote on an item is a guess, by how hard the item is; how many items are how hard is estimated.
#: A guess: not measured.
_HARDNESS = np.array([0.0, 0.3, 0.6, 0.9])
#: Draws of new weights for the votes (Gamma of this shape, mean 1), from which it shows how much hangs on single ones.
#: The shape by benchmarks/crowd.py; draws and rounds are guesses.
_DRAWS, _SHAPE, _DRAW_ROUNDS = 12, 2.0, 10


def dawid_skene(votes: Votes) -> Consensus:
    """Posterior labels under one confusion matrix per annotator and a hardness of each item, calibrated.

    Plain Dawid-Skene takes errors for independent, and is far too sure: people err together on hard items. So an item
    has one of four levels of hardness, and a vote on it is to that part a guess after the overall shares of labels.
    The posterior is the mean of that on the votes as they are and of those on votes weighted anew at random (a Bayesian
    bootstrap, Rubin 1981, https://doi.org/10.1214/aos/1176345338; seeded, so equal votes give equal results).
    """
    ones = np.ones(len(votes.item))
    posterior, quality = _with_hardness(votes, ones, normalised(votes.counts()), ROUNDS)
    rng = np.random.default_rng(0)
    drawn = np.zeros_like(posterior)
    _, pair = np.unique(votes.item * len(votes.annotators) + votes.annotator, return_inverse=True)
    for _ in range(
        _DRAWS
    ):  # several votes of one person on an item weigh alike, so that names of labels change nothing
        weights = rng.gamma(_SHAPE, 1 / _SHAPE, int(pair.max()) + 1)[pair]
        drawn += _with_hardness(votes, weights, posterior, _DRAW_ROUNDS)[0]
    return Consensus(_led_by(posterior, normalised(posterior + drawn / _DRAWS)), quality)


def _led_by(posterior: Floats, mean: Floats) -> Floats:
    """`mean`, with the likeliest label of `posterior` as its likeliest: the votes as they are decide, ties included."""
    items = np.arange(len(mean))
    own, best = posterior.argmax(axis=1), mean.argmax(axis=1)
    led = mean.copy()
    led[items, own], led[items, best] = mean[items, best], mean[items, own]
    tied = np.isclose(posterior, posterior.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    open_ = tied.sum(axis=1) > 1
    led[open_] = posterior[open_]
    return led


def _with_hardness(votes: Votes, weights: Floats, posterior: Floats, rounds: int) -> tuple[Floats, Floats]:
    """EM over labels and hardness of items, from a first `posterior` on; the posterior, and annotators' quality."""
    size = len(votes.labels)
    off = min(1.0, RIGHT_LABEL / (size - 1))
    prior = np.full((size, size), off)
    np.fill_diagonal(prior, RIGHT_LABEL)
    guess = normalised(votes.counts().sum(axis=0) + 1)[votes.label][:, None]
    levels = normalised(np.ones(len(_HARDNESS)))
    known = posterior[votes.item] * weights[:, None]  # (votes, labels): the part of a vote that tells of its annotator
    for _ in range(rounds):
        before = posterior
        classes = normalised(posterior.sum(axis=0) + off)
        confusion = normalised(_counts(votes, known) + prior)  # (annotators, true, given)
        told = confusion[votes.annotator, :, votes.label]  # (votes, true)
        mixed = [(1 - part) * told + part * guess for part in _HARDNESS.tolist()]
        logs = np.stack([_summed(votes, weights[:, None] * np.log(one)) for one in mixed])  # (levels, items, true)
        joint = np.exp(logs - logs.max(axis=(0, 2), keepdims=True)) * classes * levels[:, None, None]
        joint /= joint.sum(axis=(0, 2), keepdims=True)
        posterior = joint.sum(axis=0)
        levels = normalised(joint.sum(axis=(1, 2)) + 1)
        known = np.zeros_like(told)
        for part, one, of_level in zip(_HARDNESS.tolist(), mixed, joint, strict=True):
            known += of_level[votes.item] * ((1 - part) * told / one)
        known *= weights[:, None]
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return posterior, np.einsum("akk,k->a", confusion, classes)


def _counts(votes: Votes, known: Floats) -> Floats:
    """What each annotator gave where the true label was which; shape (annotators, true, given)."""
    people, size = len(votes.annotators), len(votes.labels)
    cells = votes.annotator * size + votes.label
    counts = [np.bincount(cells, known[:, k], people * size).reshape(people, size) for k in range(size)]
    return np.stack(counts, axis=1)


def _summed(votes: Votes, values: Floats) -> Floats:
    """Values of votes, shape (votes, labels), summed over each item."""
    columns = [np.bincount(votes.item, values[:, k], len(votes.items)) for k in range(values.shape[1])]
    return np.stack(columns, axis=1)


def dawid_skene_ml(votes: Votes) -> Consensus:
    """By maximum likelihood and without hardness, as in 1979: over-fits annotators with few votes, and is too sure."""
    posterior = normalised(votes.counts())
    for _ in range(ROUNDS):
        before = posterior
        classes = normalised(posterior.sum(axis=0) + 1e-6)
        confusion = normalised(_counts(votes, posterior[votes.item]) + 1e-6)
        told = np.log(confusion[votes.annotator, :, votes.label])
        posterior = from_logs(np.log(classes) + _summed(votes, told))
        if np.abs(posterior - before).max() < TOLERANCE:
            break
    return Consensus(posterior, np.einsum("akk,k->a", confusion, classes))


#: Beta prior of the one-coin accuracy: as if an annotator had been right RIGHT times and wrong WRONG times.
#: Guesses: not measured.
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
