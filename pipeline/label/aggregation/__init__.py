"""One label from several people's votes. Adding a method: one file, one line in `METHODS`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.core.registry import pick
from pipeline.label.aggregation.dawid_skene import dawid_skene, dawid_skene_ml, one_coin
from pipeline.label.aggregation.glad import glad
from pipeline.label.aggregation.mace import mace
from pipeline.label.aggregation.majority import majority
from pipeline.label.aggregation.votes import Consensus, Votes

METHODS: dict[str, Callable[[Votes], Consensus]] = {
    "majority": majority,
    "dawid_skene": dawid_skene,
    "dawid_skene_ml": dawid_skene_ml,
    "one_coin": one_coin,
    "mace": mace,
    "glad": glad,
}


def aggregate(votes: Votes, method: str) -> Consensus:
    """The consensus of `votes` by the named method. Votes that name one label only need no method."""
    work = pick(METHODS, method, "params.yaml: label.crowd.method")
    if len(votes.labels) < 2:
        return Consensus(np.ones((len(votes.items), len(votes.labels))), np.ones(len(votes.annotators)))
    return work(votes)
