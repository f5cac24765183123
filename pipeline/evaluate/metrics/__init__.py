"""The metrics of each task type. New ones: write a module, add its line here. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.core.record import Record
from pipeline.core.registry import Entry
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.metrics import chat, classification, ner, qa, regression, summarization, translation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.tasks import TEXT_TO_TEXT


class Measure(Protocol):
    """What the stage asks of a task type's metrics."""

    def __call__(
        self, records: Sequence[Record], predictions: Sequence[Prediction], task: Task, params: Params
    ) -> Evaluation:
        """The predictions held against the records' targets, row by row in order."""


@dataclass(frozen=True)
class TaskMetrics(Entry[Params, Measure]):
    """The metrics of a task type."""

    target: str | None  # the column of the exported dataset that holds the target; None where it is inside the inputs


METRICS: dict[str, TaskMetrics] = {
    # ROUGE, exact match and length for any text out; task types below have their own.
    **dict.fromkeys(TEXT_TO_TEXT, TaskMetrics(Params, summarization.compute_metrics, target="target")),
    "classification": TaskMetrics(Params, classification.compute_metrics, target="label"),
    "regression": TaskMetrics(Params, regression.compute_metrics, target="score"),
    "ner": TaskMetrics(Params, ner.compute_metrics, target="spans"),
    "qa": TaskMetrics(Params, qa.compute_metrics, target="answers"),
    "chat": TaskMetrics(Params, chat.compute_metrics, target=None),
    "translation": TaskMetrics(Params, translation.compute_metrics, target="target"),
}
