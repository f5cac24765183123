"""Histograms of what a step's thresholds are compared with, among its notes; the report draws them.

Two ways, since steps work on parts: from the `scores` that a step set on its rows, kept and dropped, and from counts
that it kept in its ledger while it looked at each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clean.step import Ledger
from pipeline.runtime.stage import Outcome
from pipeline.stats.histogram import NOTES, SHARES, Histogram, bin_of, from_counts, histogram

Limits = Mapping[str, float | None]


def tally(ledger: Ledger, measure: str, value: float, edges: Sequence[float] = SHARES) -> None:
    """Count a value of a row into its bin; `from_ledger` makes the histogram of all parts."""
    ledger.counts[_PREFIX + measure][str(bin_of(value, edges))] += 1


_PREFIX = "histogram "


def from_ledger(outcome: Outcome, measures: Mapping[str, tuple[Limits, Sequence[float]]]) -> Outcome:
    """The outcome with the histograms of what was tallied; `measures`: name -> limits and edges."""
    found: dict[str, Histogram | None] = {}
    for name, (limits, edges) in measures.items():
        counts = outcome.notes.get(_PREFIX + name, {})
        found[name] = from_counts([counts.get(str(n), 0) for n in range(len(edges) - 1)], limits, edges)
    rest = {name: one for name, one in outcome.notes.items() if not name.startswith(_PREFIX)}
    return with_notes(replace(outcome, notes=rest), found)


def from_scores(outcome: Outcome, limits: Mapping[str, Limits], edges: Sequence[float] = SHARES) -> Outcome:
    """The outcome with a histogram of each score that `limits` names, over its rows, kept and dropped."""
    found = {}
    for name, bounds in limits.items():
        parts = [_score(table, name) for table in (outcome.kept, outcome.dropped)]
        found[name] = histogram(np.concatenate(parts), bounds, edges)
    return with_notes(outcome, found)


def with_notes(outcome: Outcome, found: Mapping[str, Histogram | None]) -> Outcome:
    """The outcome with those histograms that hold something among its notes."""
    full = {name: one for name, one in found.items() if one}
    return replace(outcome, notes={**outcome.notes, NOTES: full}) if full else outcome


def _score(table: pa.Table, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    lookup = pc.MapLookupOptions(pa.scalar(name), "first")
    values: pa.ChunkedArray = pc.call_function("map_lookup", [table.column("scores")], lookup)
    return np.asarray(values.drop_null().to_numpy(), np.float64)
