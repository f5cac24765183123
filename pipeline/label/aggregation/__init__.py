"""One label from several people's votes. A new method: write its file, add its line here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.core.registry import Entry, pick
from pipeline.core.settings import NoSettings
from pipeline.label.aggregation.dawid_skene import dawid_skene, dawid_skene_ml, one_coin
from pipeline.label.aggregation.glad import glad
from pipeline.label.aggregation.mace import mace
from pipeline.label.aggregation.majority import majority
from pipeline.label.aggregation.votes import Consensus, Votes

METHODS: dict[str, Entry[NoSettings, Callable[[Votes], Consensus]]] = {
    "majority": Entry(NoSettings, majority),
    "dawid_skene": Entry(NoSettings, dawid_skene),
    "dawid_skene_ml": Entry(NoSettings, dawid_skene_ml),
    "one_coin": Entry(NoSettings, one_coin),
    "mace": Entry(NoSettings, mace),
    "glad": Entry(NoSettings, glad),
}


def aggregate(votes: Votes, method: str) -> Consensus:
    """The consensus of `votes` by the named method. Votes that name one label only need no method."""
    work = pick(METHODS, method, "params.yaml: label.crowd.method").function
    if len(votes.labels) < 2:
        return Consensus(np.ones((len(votes.items), len(votes.labels))), np.ones(len(votes.annotators)))
    return work(votes)
