"""Label Studio's JSON export, as it is downloaded from its Export page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.label.annotations import Annotation, Reader, SetAside, parse_time, read_document, read_lines, stop
from pipeline.record import Reject
from pipeline.settings import Task
from pipeline.tasks import task_type


def readers(task: Task) -> dict[str, Reader]:
    """File ending -> reader of what `data/annotations/` may hold."""
    return {".jsonl": read_lines, ".json": partial(read_export, task=task)}


def read_export(path: Path, task: Task) -> Iterator[Annotation | SetAside]:
    """Annotations of an export; `data.record_id` says which record a task is about.

    Set aside: skipped_by_annotator (the export carries the pre-label as if it had been chosen),
    no_record_id, and what `TaskType.target_from_result` rejects.
    """
    document = read_document(path)
    if not isinstance(document, list) or not all(isinstance(t, dict) and "annotations" in t for t in document):
        raise PipelineError(f"{path}: not a Label Studio JSON export.", "Choose JSON (not JSON-MIN or CSV) on Export.")
    problems: list[str] = []
    for n, exported in enumerate(document, 1):
        place = f"{path.name}:task {exported.get('id', n)}"
        for annotation in exported["annotations"]:
            try:
                yield _read(annotation, exported.get("data") or {}, place, task)
            except Reject as reject:
                yield SetAside(reject.reason, reject.detail, place, (exported.get("data") or {}).get("record_id"))
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                problems.append(f"{place}: not in Label Studio's format ({type(error).__name__}: {error})")
    stop(path, problems)


def _read(annotation: Mapping[str, Any], data: Mapping[str, Any], place: str, task: Task) -> Annotation:
    if annotation.get("was_cancelled"):
        raise Reject("skipped_by_annotator", "the annotator skipped the task")
    if not data.get("record_id"):
        raise Reject("no_record_id", "the task's data has no record_id; import tasks that `label` made")
    return Annotation(
        record_id=str(data["record_id"]),
        annotator=_annotator(annotation["completed_by"]),
        value=task_type(task).target_from_result(annotation["result"], task),
        created_at=parse_time(annotation["updated_at"] if "updated_at" in annotation else annotation["created_at"]),
        place=place,
        lead_time=annotation.get("lead_time"),
        prelabel=_prelabel(annotation, annotation["result"]),
        text_id=data.get("text_id"),
    )


def _annotator(who: Any) -> str:
    """E-mail address where the export has one, else `user <number>`."""
    return str(who["email"]) if isinstance(who, Mapping) else f"user {who}"


def _prelabel(annotation: Mapping[str, Any], result: Sequence[Mapping[str, Any]]) -> Any:
    if not annotation.get("parent_prediction"):
        return None
    return "accepted" if all(part.get("origin") == "prediction" for part in result) else "edited"
