"""Format `label_studio`: a JSON export of Label Studio, one row an annotation.

Columns: everything in the task's `data`, and `task_id`, `worker`, `result` (the annotation's
regions) and `time`. Skipped annotations carry the pre-label as if it were an answer, so they are bad rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from pipeline.annotation.label_studio_types import ExportedAnnotation, author
from pipeline.collect.formats.json_rows import read_json
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row an annotation, numbered by its task. Bad rows: not_a_task, no_annotation, cancelled."""
    for row in read_json(path, options, where):
        if isinstance(row, BadRow):
            yield row
            continue
        data, annotations = row.values.get("data"), row.values.get("annotations")
        if not isinstance(data, dict) or not isinstance(annotations, list):
            yield BadRow(row.number, "not_a_task", "a task needs `data` and `annotations`", excerpt(row.values))
        elif not annotations:
            yield BadRow(row.number, "no_annotation", "nobody answered this task", excerpt(data))
        else:
            yield from (_row(row, data, annotation) for annotation in annotations)


def _row(task: Row, data: dict[str, object], annotation: Any) -> AnyRow:
    if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
        return BadRow(task.number, "not_a_task", "an annotation without `result`", excerpt(annotation))
    if annotation.get("was_cancelled"):
        return BadRow(task.number, "cancelled", "the annotator skipped the task", excerpt(data))
    who = author(cast("ExportedAnnotation", {"completed_by": None, **annotation}))  # who changed the answer last
    worker = who.get("id") if isinstance(who, dict) else who  # the number only: e-mail addresses stay out
    values = {"task_id": task.values.get("id"), "worker": worker, "time": annotation.get("created_at")}
    return Row(task.number, {**data, **values, "result": annotation["result"]})
