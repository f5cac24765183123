"""Majority vote: each label's share of the votes."""

from __future__ import annotations

from pipeline.label.aggregation.votes import Consensus, Votes, normalised


def majority(votes: Votes) -> Consensus:
    """Posterior = vote shares, so that ties stay ties; quality = mean share that an annotator's choices got.

    Breaking ties at random costs up to four points of accuracy: `Consensus.decide` leaves them open.
    """
    posterior = normalised(votes.counts())
    shares = posterior[votes.item, votes.label]
    return Consensus(posterior, votes.by_annotator(shares) / votes.by_annotator(shares * 0 + 1))
