"""How each task type is judged. Adding one: write the module, add its line to `METRICS`. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.evaluate.judged import Judged
from pipeline.evaluate.metrics import chat, classification, ner, qa, regression, summarization, translation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction


class TaskMetrics(Protocol):
    """What the stage asks of a task type's metrics."""

    #: The column of the exported dataset that holds the target; None where it is inside the inputs.
    TARGET: str | None

    def judge(self, records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params) -> Judged:
        """The predictions held against the records' targets, row by row in order."""


METRICS: dict[str, TaskMetrics] = {
    "classification": classification,
    "regression": regression,
    "ner": ner,
    "qa": qa,
    "chat": chat,
    "translation": translation,
    "summarization": summarization,
}
