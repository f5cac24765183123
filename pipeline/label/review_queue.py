"""What people should look at, most useful first: `queue.parquet`.

    priority = 1 - product over reasons of (1 - weight x severity)

Every reason has a weight in params (`label.queue`) and a severity in [0, 1]; a record with several
reasons ranks above one with the strongest alone. docs/labelling.md says what each severity is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.record import Record, as_json
from pipeline.label.evidence import VoteOutcome
from pipeline.label.merge import Evidence, Mask, candidates
from pipeline.label.params import Params
from pipeline.label.prelabels import Prelabels
from pipeline.runtime.records import Records

COLUMNS = pa.schema(
    {
        "record_id": pa.string(),
        "reason": pa.string(),
        "priority": pa.float64(),
        "prelabel": pa.string(),
        "confidence": pa.float64(),
        "key": pa.string(),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a record is queued. `prelabel` is the answer to show (JSON), where this reason brings one."""

    name: str
    weight: float
    severity: float
    prelabel: str | None = None
    confidence: float | None = None


#: Drawn at random: asked about like the most pressing, with no suggestion.
AUDIT = Reason("audit", 1.0, 1.0)

#: What `clean` lists for a look at the data: it says nothing of the label, so no annotator is asked.
NOT_OF_LABELS = frozenset({"contained"})


class Suspected(TypedDict):
    """A row of review.parquet: why `clean` asks people about a record, and what it suggests (as JSON), how surely."""

    record_id: str
    reason: str
    suggested: str | None
    confidence: float | None


class Queued(TypedDict):
    """A row of queue.parquet, but for its key."""

    record_id: str
    reason: str
    priority: float
    prelabel: str | None
    confidence: float | None


#: Record id -> its rows of review.parquet.
Review = Mapping[str, list[Suspected]]


def queue(
    records: Iterable[Record], evidence: Evidence, review: Review, changed_texts: Set[str], params: Params
) -> pa.Table:
    """One row per record that needs a person, sorted by priority, then id.

    `review` holds the rows of review.parquet by record; `changed_texts` the records whose annotation
    was for an earlier text.
    """
    asked = [
        (_row(record.id, reasons, evidence.prelabels), record.source.key)
        for record in records
        if (reasons := _reasons(record, evidence, review.get(record.id, ()), params, record.id in changed_texts))
    ]
    asked.sort(key=lambda one: (-one[0]["priority"], one[0]["record_id"]))
    return pa.Table.from_pylist([{**row, "key": key} for row, key in asked], schema=COLUMNS)


def may_need_a_person(table: pa.Table, alone: Mask, evidence: Evidence, named: Set[str]) -> Records:
    """The records that can have a reason to be queued: not those of which nothing but their source speaks (`alone`).

    `named` are records whose label is suspected, or whose annotation was for an earlier text.
    """
    asked = pa.array(sorted({*named, *evidence.first_splits.unvouched, *evidence.audit}), pa.string())
    return Records(table.filter(pa.array(~alone | pc.is_in(table["id"], asked).to_numpy())))


def _reasons(
    record: Record, evidence: Evidence, suspected: Iterable[Suspected], params: Params, text_changed: bool
) -> list[Reason]:
    if record.split == "benchmark":
        return []
    weights = params.queue
    found: list[Reason] = []
    if text_changed:
        found.append(Reason("text_changed", weights.text_changed, 1.0))
    if record.id in evidence.first_splits.unvouched:
        found.append(Reason("second_answer", weights.second_answer, 1.0))
    human = evidence.human.get(record.id)
    if human is not None:
        return [*found, *_disagreement(human, params)]  # a person has looked: what is suspected below is answered
    if record.id in evidence.audit:
        return [AUDIT]  # whatever else speaks for asking: people shall see no suggestion
    found += _low_crowd_confidence(evidence.crowd.get(record.id), params)
    if _is_unlabelled(record, evidence, params):
        found.append(Reason("unlabelled", weights.unlabelled, 1 - evidence.prelabels.confidence(record.id)))
    return [*found, *(_suspicion(row, weights.label_error) for row in suspected)]


def _disagreement(human: VoteOutcome, params: Params) -> list[Reason]:
    """People's answers leave the label open, or are too far apart."""
    sure = human.confidence if human.value is not None else 0.0
    if sure is None or sure >= params.crowd.review_posterior:
        return []
    value = as_json(human.value) if human.in_parts else None
    severity = 1 - (human.confidence or 0.0)
    return [Reason("disagreement", params.queue.disagreement, severity, value, human.confidence)]


def _low_crowd_confidence(crowd: VoteOutcome | None, params: Params) -> list[Reason]:
    if crowd is None or crowd.confidence is None or crowd.confidence >= params.crowd.review_posterior:
        return []
    value = None if crowd.value is None else as_json(crowd.value)
    return [Reason("low_crowd_confidence", params.queue.crowd, 1 - crowd.confidence, value, crowd.confidence)]


def _is_unlabelled(record: Record, evidence: Evidence, params: Params) -> bool:
    """Nobody that may decide has an answer, and one is wanted: for test records people label elsewhere."""
    if any(kind in params.precedence for kind in candidates(record, evidence, params)):
        return False
    return record.id not in evidence.set_aside and evidence.group_split.get(record.group or "") != "test"


def _suspicion(row: Suspected, weight: float) -> Reason:
    sure = row["confidence"]
    severity = 0.5 if sure is None or math.isnan(sure) else min(max(sure, 0.0), 1.0)
    return Reason(row["reason"], weight, severity, row["suggested"], sure if row["suggested"] else None)


def _row(record_id: str, reasons: list[Reason], prelabels: Prelabels) -> Queued:
    strongest = max(reasons, key=lambda reason: (reason.weight * reason.severity, reason.name))
    answer = prelabels.answers.get(record_id)
    own = next((r for r in (strongest, *reasons) if r.prelabel is not None), None)
    shown, sure = (None, None) if own is None else (own.prelabel, own.confidence)
    if own is None and answer is not None and strongest is not AUDIT:
        shown, sure = as_json(answer.value), answer.confidence
    rest = math.prod(1 - reason.weight * reason.severity for reason in reasons)
    return {
        "record_id": record_id,
        "reason": strongest.name,
        "priority": round(1 - rest, 6),
        "prelabel": shown,
        "confidence": sure,
    }


def set_aside(review: Review) -> frozenset[str]:
    """Records whose label `clean` took out of use until somebody answers."""
    return frozenset(name for name, rows in review.items() if any(row["reason"] == "label_set_aside" for row in rows))


def by_record(review: pa.Table) -> Review:
    """Rows of review.parquet by record id, but for those that no annotator can settle (`NOT_OF_LABELS`)."""
    found: dict[str, list[Suspected]] = defaultdict(list)
    rows: list[Any] = review.select(["record_id", "reason", "suggested", "confidence"]).to_pylist()
    for row in rows:
        if row["reason"] not in NOT_OF_LABELS:
            found[row["record_id"]].append(row)
    return dict(found)
