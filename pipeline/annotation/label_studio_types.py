"""What Label Studio gives back: annotations and tasks, as far as this project reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from pipeline.tasks.region import Region


class TaskData(TypedDict, total=False):
    """The `data` of a task, beside the texts it shows."""

    record_id: str | None
    text_id: str | None
    key: str | None


class Shown(TypedDict, total=False):
    """The prediction that a task showed."""

    id: int
    result: list[Region]


class ExportedAnnotation(TypedDict, total=False):
    """One answer. `completed_by` is a number in the API, a person with an `email` in the JSON export."""

    id: int
    was_cancelled: bool
    completed_by: object
    updated_by: object  # who changed it last
    result: list[Region]
    created_at: str
    updated_at: str | None
    lead_time: float | None
    parent_prediction: int | None
    prediction: Shown | None


class ExportedTask(TypedDict, total=False):
    """A task with its answers."""

    id: int | None
    data: TaskData | None
    annotations: list[ExportedAnnotation]


class QueueRow(TypedDict):
    """One row of `queue.parquet`: a record that waits for a person. `prelabel` is JSON, `key` the source's own id."""

    record_id: str
    reason: str
    priority: float
    prelabel: str | None
    confidence: float | None
    key: NotRequired[str | None]


def author(annotation: ExportedAnnotation) -> object:
    """Who the answer is of: who changed it last, as the export has it (a number, or a person with `id` and `email`)."""
    first, last = annotation["completed_by"], annotation.get("updated_by")
    numbers = [who.get("id") if isinstance(who, Mapping) else who for who in (first, last)]
    return first if last is None or numbers[0] == numbers[1] else last
