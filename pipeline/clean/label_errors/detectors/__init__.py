"""Kind of target -> its detector. Adding one: write the module, add its line here. Free texts have none."""

from __future__ import annotations

from typing import Any

from pipeline.clean.label_errors.detectors import answers, label_sets, numbers, single_labels, spans
from pipeline.clean.label_errors.detectors.contract import Detector
from pipeline.core.settings import Task
from pipeline.tasks import task_type

#: By `TaskType.target_kind`. What a detector prepares is its own affair: it alone reads it.
DETECTORS: dict[str, Detector[Any]] = {
    "text": single_labels,
    "texts": label_sets,
    "spans": spans,
    "number": numbers,
    "answers": answers,
}


def detector_for(task: Task) -> Detector[object] | None:
    """The detector of this task's targets; None where it has none."""
    return DETECTORS.get(task_type(task).target_kind(task))
