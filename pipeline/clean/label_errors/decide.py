"""What becomes of likely label errors, whatever their kind: relabelled, set aside, or listed for review.

A target is fixed automatically (relabelled) only above the threshold from which precision was measured or estimated to
be high enough: this auto-fix threshold is decided here. Of the train records, as many of the most suspected as are
estimated to be wrong are set aside: the stage `label` excludes them from training until reviewed. The most suspected of
the rest are listed: more where more are estimated to be wrong. Protected labels (protected_labels.py) are only ever
listed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.clean.label_errors.detectors.contract import Integers, Scores
from pipeline.clean.label_errors.label_noise import LabelNoise
from pipeline.clean.label_errors.protected_labels import is_protected
from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.step import Context, ReviewItem, given
from pipeline.core.record import Decision, Record, as_json

# `_CLASS_LEFT` is a guess: not measured.
_CLASS_LEFT = 0.5  # share of each class that is never set aside, however little the models know of it


@dataclass(frozen=True)
class Scored:
    """Scored rows of a table: `known` ones first, then those of test; their records, without votes, and scores.

    `strata` are the classes of the known rows. Up to log odds of `suspected_below` a target is worth a review.
    """

    rows: Sequence[int]
    known: int
    records: Sequence[Record]
    scores: Scores
    strata: Integers
    suspected_below: float = 0.0

    def suspected(self, relabelled: Mapping[int, Record], count: int) -> list[int]:
        """Places, of the first `count`, of suspected targets that were not relabelled, the most suspected first."""
        odds = self.scores.log_odds
        suspected = (odds < 0) | (odds <= self.suspected_below)
        places = np.flatnonzero(suspected[:count]).tolist()
        worst = sorted(places, key=lambda place: (odds[place], self.records[place].id))
        return [place for place in worst if self.rows[place] not in relabelled]


class Decisions(NamedTuple):
    """By row: the records with another target; the rows set aside."""

    relabelled: dict[int, Record]
    set_aside: frozenset[int]


def decide(
    table: pa.Table, scored: Scored, threshold: float | None, noise: LabelNoise, settings: LabelErrors, context: Context
) -> Decisions:
    """Relabel from a confidence of `threshold` on, set aside by the estimate; those to review go to `context`."""
    relabelled = {} if threshold is None else _relabelled(table, scored, threshold, context)
    count = int(settings.set_aside * noise.wrong * scored.known) - len(relabelled)
    suspected = scored.suspected(relabelled, scored.known) if count > 0 else []
    decisions = Decisions(relabelled, _set_aside(table, suspected[: max(count, 0)], scored, context))
    _review(scored, decisions, max(settings.review_share, noise.share.high if noise.share else 0.0), context)
    return decisions


def _relabelled(table: pa.Table, scored: Scored, threshold: float, context: Context) -> dict[int, Record]:
    scores = scored.scores
    places = np.flatnonzero(scores.differs & (scores.confidence >= threshold)).tolist()
    found = {}
    records = context.records(table, [scored.rows[place] for place in places])  # whole ones: votes tell who decided
    for place, (n, record) in zip(places, records.items(), strict=True):
        if not is_protected(record):
            decision = Decision("model:label_errors", round(float(scores.confidence[place]), 6))
            found[n] = record.derive("label_errors", target=scores.suggested[place], labels_by=decision)
    return found


def _set_aside(table: pa.Table, suspected: Sequence[int], scored: Scored, context: Context) -> frozenset[int]:
    """Rows of the suspected train records that nobody vouches for; no class loses more than its share."""
    left = ((1 - _CLASS_LEFT) * np.bincount(scored.strata)).astype(int)
    rows = []
    for place in suspected:
        if left[scored.strata[place]] > 0:
            left[scored.strata[place]] -= 1
            rows.append(scored.rows[place])
    records = context.records(table, rows)  # whole ones: votes tell who decided
    return frozenset(n for n, r in records.items() if r.split in (None, "train") and not is_protected(r))


def _review(scored: Scored, decisions: Decisions, part: float, context: Context) -> None:
    """List the most suspected, up to a `part` of the scored rows, and all that are set aside."""
    limit = int(part * len(scored.rows))
    for number, place in enumerate(scored.suspected(decisions.relabelled, len(scored.rows))):
        aside = scored.rows[place] in decisions.set_aside
        if number < limit or aside:
            context.review_items.append(_review_item(scored, place, "label_set_aside" if aside else "label_error"))


def _review_item(scored: Scored, place: int, reason: str) -> ReviewItem:
    """A row for review; `suggested` None: the target is suspected and nothing better known."""
    record, scores = scored.records[place], scored.scores
    suggested = scores.suggested[place]
    shown = None if suggested is None else as_json(suggested)
    more = f"; {scores.details[place]}" if scores.details[place] else ""
    quality = 1 / (1 + math.exp(-max(-500.0, min(500.0, float(scores.log_odds[place])))))
    detail = f"label quality score {quality:.3f}, {record.split or 'no'} split{more}"
    return ReviewItem(record.id, reason, given(record), shown, float(scores.confidence[place]), record.group, detail)
