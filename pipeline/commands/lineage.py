"""The lineage of one record as `sft trace` tells it."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from pipeline.annotation.label_studio_types import QueueRow
from pipeline.core.record import Fields, Target


class ChangeRow(TypedDict):
    """One edit of a record (see `pipeline.core.record.Change`)."""

    step: str
    field: str
    before: str
    after: str


class SourceRow(TypedDict):
    """Where a record was read."""

    name: str
    kind: str
    role: str
    locator: str
    row: int
    licence: str
    key: NotRequired[str | None]


class DecisionRow(TypedDict):
    """Who decided the label."""

    who: str
    confidence: float | None


class VoteRow(TypedDict):
    """One annotator's answer, as JSON."""

    annotator: str
    value: str


class _RecordState(TypedDict):
    """What a record holds at one stage, but for scores, relatives and history."""

    id: str
    source: SourceRow
    fields: Fields
    target: Target
    lang: str
    split: str | None
    group: str | None
    labels_by: DecisionRow | None
    votes: list[VoteRow]


class RecordRow(_RecordState):
    """A row of records.parquet or dropped.parquet."""

    scores: list[tuple[str, float]] | None
    meta: list[tuple[str, str]] | None
    parent_id: str | None
    history: list[ChangeRow]
    step: NotRequired[str]
    reason: NotRequired[str]
    detail: NotRequired[str]
    other_id: NotRequired[str | None]


class Dropped(TypedDict):
    """Where and why a record was dropped."""

    stage: str
    step: str
    reason: str
    detail: str
    other_id: str | None


class StageChanges(TypedDict):
    """What a stage did to a record."""

    stage: str
    changes: list[ChangeRow]


class Relative(TypedDict):
    """A copy or a child; with the reason, where it was dropped."""

    id: str
    reason: str | None


class ReviewRow(TypedDict):
    """A row of review.parquet; labels are JSON."""

    reason: str
    given: str
    suggested: str | None
    confidence: float | None


class Lineage(_RecordState):
    """A record's latest state, and what every stage did to it."""

    scores: dict[str, float]
    meta: dict[str, str]
    stages: list[StageChanges]
    dropped: Dropped | None
    parent: str | None
    children: list[Relative]
    copies: list[Relative]
    review: list[ReviewRow]
    queue: list[QueueRow]
    exported: str | None
