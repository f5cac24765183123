"""Task type -> the judge of its targets. Adding one: write the module, add its line here.

Single labels have a judge of their own kind in the cleaning stage; free texts have none.
"""

from __future__ import annotations

from pipeline.clean.label_errors.detectors import answers, label_sets, numbers, spans
from pipeline.clean.label_errors.detectors.contract import Judge
from pipeline.core.settings import Task
from pipeline.tasks import task_type

#: By `TaskType.target_kind`.
JUDGES: dict[str, Judge] = {"texts": label_sets, "spans": spans, "number": numbers, "answers": answers}


def judge_for(task: Task) -> Judge | None:
    """The judge of this task's targets; None where it has none."""
    return JUDGES.get(task_type(task).target_kind(task))
