"""The agreement report: the whole group, each annotator against the consensus, the weak ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from pipeline.label.agreement import pairs
from pipeline.label.annotator_quality import warnings
from pipeline.stats.agreement import alpha_interval, cohen_kappa, fleiss_kappa, krippendorff_alpha

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.label.aggregation.votes import Consensus, Floats, Votes
    from pipeline.label.params import Agreement


class Annotator(TypedDict):
    """One annotator's votes held against the consensus: `shared` are those on items that others voted on too."""

    annotator: str
    votes: int
    shared: int
    agrees_with_consensus: float | None
    kappa_with_consensus: float | None
    quality: float
    weak: bool
    confusion: dict[str, dict[str, int]]


def agreement_report(
    votes: Votes, consensus: Consensus, params: Agreement, working: Mapping[str, Mapping[str, object]] | None = None
) -> dict[str, object]:
    """Everything report.json says about a group of annotators; `working` is what people.py found out about each.

    Alpha can be low while the consensus is mostly right (many weak votes outweigh each other), so
    both stand here: alpha, and how sure the consensus is on average.
    """
    counts = votes.counts()
    size = counts.sum(axis=1)
    people = [{**one, **(working or {}).get(one["annotator"], {})} for one in annotators(votes, consensus, params)]
    weak = [person["annotator"] for person in people if person["weak"]]
    top = counts.max(axis=1) if len(counts) else np.zeros(0)
    return {
        "items": len(votes.items),
        "votes": len(votes.item),
        "votes_per_item": float(size.mean()) if len(size) else 0.0,
        "items_with_two_votes": int((size > 1).sum()),
        "unanimous": int(((size > 1) & (top == size)).sum()),
        "tied": int(((counts == top[:, None]).sum(axis=1) > 1).sum()),
        "alpha": krippendorff_alpha(counts),
        "alpha_interval": alpha_interval(counts, params.resamples),
        "fleiss_kappa": fleiss_kappa(counts),
        "mean_confidence": float(consensus.posterior.max(axis=1).mean()) if len(counts) else None,
        "pairs": pairs(votes, params.max_listed),
        "annotators": len(people),
        "weak": weak,
        "warnings": warnings(working or {}),
        "annotator_list": [p for n, p in enumerate(people) if n < params.max_listed or p["weak"]],
    }


def annotators(votes: Votes, consensus: Consensus, params: Agreement) -> list[Annotator]:
    """One entry an annotator, most votes first. Confusion: consensus label -> label given -> votes.

    Only votes on items that somebody else voted on too are held against the consensus: alone, one agrees with oneself.
    """
    people, size = len(votes.annotators), len(votes.labels)
    decided = consensus.posterior.argmax(axis=1)[votes.item] if len(votes.item) else votes.item
    cells = ((votes.annotator * size + decided) * size + votes.label)[_seen_by_others(votes)]
    tables = np.bincount(cells, minlength=people * size * size).reshape(people, size, size).astype(np.float64)
    entries = [_annotator(votes, n, tables[n], float(consensus.quality[n]), params) for n in range(people)]
    return sorted(entries, key=lambda entry: (-entry["votes"], entry["annotator"]))


def _seen_by_others(votes: Votes) -> NDArray[np.bool_]:
    """Which votes are on items that at least two annotators voted on."""
    both = np.unique(votes.item * max(1, len(votes.annotators)) + votes.annotator)
    people = np.bincount(both // max(1, len(votes.annotators)), minlength=len(votes.items))
    return np.asarray(people[votes.item] > 1, np.bool_)


def _annotator(votes: Votes, n: int, table: Floats, quality: float, params: Agreement) -> Annotator:
    kappa = cohen_kappa(table)
    shared = int(table.sum())
    confusion = {
        votes.labels[row]: {votes.labels[k]: int(table[row, k]) for k in np.flatnonzero(table[row])}
        for row in np.flatnonzero(table.sum(axis=1))
    }
    return {
        "annotator": votes.annotators[n],
        "votes": int((votes.annotator == n).sum()),
        "shared": shared,
        "agrees_with_consensus": float(np.trace(table) / shared) if shared else None,
        "kappa_with_consensus": kappa,
        "quality": quality,
        "weak": shared >= params.min_votes and kappa is not None and kappa < params.min_kappa,
        "confusion": confusion,
    }
