"""From which share on a text holds an item: measured on planted copies and on items that are none.

The threshold is chosen on the copies of one half of the items, and what is reported is of the other half. The items of
a benchmark are more alike than other data is like them, so the share of items that would be taken for another item of
the same benchmarks (`false_alarms`) stands above what to expect in the user's data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.contamination.index import Index
from pipeline.clean.contamination.planted import PLANTS, plant
from pipeline.stats.intervals import share_of, wilson
from pipeline.stats.numbers import rounded

#: Thresholds that are tried, from the strictest on. A guess: not measured.
_GRID = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25)


#: The greatest share of any item in each planted copy, and whether there is a copy.
Found = tuple[NDArray[np.float64], NDArray[np.bool_]]


class Wanted(Protocol):
    """What calibration reads of the step's settings."""

    @property
    def recall(self) -> float:
        """Share of each kind of copy that must be found."""

    @property
    def false_alarms(self) -> float:
        """Greatest share of texts that hold no item and are taken for one."""

    @property
    def sample(self) -> int:
        """Items that are planted."""

    @property
    def threshold(self) -> float | None:
        """The threshold, where the user has set one."""


@dataclass(frozen=True)
class Calibration:
    """The threshold, and what was measured at it (JSON for report.json)."""

    threshold: float
    notes: dict[str, Any]


def calibrate(index: Index, items: Sequence[Sequence[str]], others: Sequence[str], settings: Wanted) -> Calibration:
    """The highest threshold that finds `recall` of each kind of copy, but none that gives too many false alarms.

    Found on every second of the sampled items; what it does to the others is reported. A single item serves for both.
    """
    rows = [n for n, texts in enumerate(items) if texts]
    rows = rows[:: max(1, len(rows) // settings.sample)][: settings.sample]
    first = [items[n][0] for n in rows]
    found = {}
    for kind in PLANTS:
        planted = plant(kind, first, others)
        made = np.array(list(map(bool, planted)), bool)
        found[kind] = (_best(index, planted), made)
    strangers = _best(index, [[text] for text in first], own=rows, texts=items)
    held_out = np.arange(len(rows)) % 2 == 1
    chosen_on = ~held_out
    if len(rows) == 1:
        held_out = chosen_on
    threshold = settings.threshold or _threshold(_of(found, chosen_on), strangers[chosen_on], settings)
    reported = (_of(found, held_out), strangers[held_out])
    return Calibration(threshold, _notes(*reported, threshold, settings, measured=settings.threshold is None))


def _of(found: dict[str, Found], chosen: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """The greatest shares of the chosen items, by kind, where a copy could be made."""
    return {kind: best[made & chosen] for kind, (best, made) in found.items()}


def _threshold(found: dict[str, NDArray[np.float64]], strangers: NDArray[np.float64], settings: Wanted) -> float:
    allowed = [g for g in _GRID if not len(strangers) or (strangers >= g).mean() <= settings.false_alarms] or [_GRID[0]]
    planted = [best for best in found.values() if len(best)]
    enough = [g for g in allowed if all((best >= g).mean() >= settings.recall for best in planted)]
    return max(enough, default=min(allowed))


def _best(
    index: Index,
    records: Sequence[Sequence[str]],
    own: Sequence[int] = (),
    texts: Sequence[Sequence[str]] = (),
) -> NDArray[np.float64]:
    """The greatest share of any item in each record; with `own`, of any item but its own and those of equal text."""
    flat = list(chain.from_iterable(records))
    owner = [n for n, record in enumerate(records) for _ in record]
    best = np.zeros(len(records))
    for hit in index.hits(flat):
        n = owner[hit.text]
        if not own or (hit.item != own[n] and texts[hit.item][0] != texts[own[n]][0]):
            best[n] = max(best[n], hit.share)
    return best


def _notes(
    found: dict[str, NDArray[np.float64]],
    strangers: NDArray[np.float64],
    threshold: float,
    settings: Wanted,
    measured: bool,
) -> dict[str, object]:
    recall = {
        kind: {**share_of(float((best >= threshold).sum()), len(best)), "planted": len(best)}
        for kind, best in found.items()
        if len(best)
    }
    alarms = int((strangers >= threshold).sum())
    low, high = wilson(alarms, len(strangers))
    value = alarms / len(strangers) if len(strangers) else 0.0
    per_thousand = {"value": rounded(1000 * value), "low": rounded(1000 * low), "high": rounded(1000 * high)}
    return {
        "threshold": threshold,
        "threshold_measured": measured,
        "recall": recall,
        "recall_missed": sorted(kind for kind, one in recall.items() if one["value"] < settings.recall),
        "false_alarms_per_1000": {**per_thousand, "items": len(strangers)},
    }
