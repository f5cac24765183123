"""The errors that deserve a person's look, and whether the label itself may be what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pyarrow as pa

from pipeline.core.errors import shorten
from pipeline.core.record import Record, as_json
from pipeline.core.settings import Task
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.params import Params
from pipeline.modeling.prediction import Prediction
from pipeline.stats.numbers import rounded
from pipeline.tasks import task_type

_TEXT = 500  # a guess: not measured

#: As data/label/queue.parquet, which people work through in Label Studio.
_QUEUE = pa.schema(
    {
        "record_id": pa.string(),
        "reason": pa.string(),
        "priority": pa.float64(),
        "prelabel": pa.string(),
        "confidence": pa.float64(),
    }
)


def _is_sure(prediction: Prediction, least: float) -> bool:
    return prediction.confidence is not None and prediction.confidence >= least


class WorstError(TypedDict):
    """An error of the model as the report lists it: answers as JSON, how wrong it is, whether its label may be."""

    record_id: str
    text: str
    given: str
    suggested: str
    confidence: float | None
    wrongness: float
    label_may_be_wrong: bool
    label_by: str | None
    source: str


def worst_errors(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    evaluation: Evaluation,
    reference: Sequence[Prediction] | None,
    task: Task,
    params: Params,
) -> list[WorstError]:
    """The `params.max_worst_errors` errors with the highest wrongness, the worst first.

    `label_may_be_wrong`: the model is at least `label_error_confidence` sure of another answer, and the reference model
    (a different kind, trained apart) gives that same answer; never without a reference. Entries carry the columns of a
    review row (record_id, given, suggested as JSON, confidence), so that they can be queued for people as they are.
    """
    wrong = [(badness, n) for n, badness in enumerate(evaluation.wrongness) if badness is not None]
    ranked = sorted(wrong, key=lambda item: (-item[0], records[item[1]].id))[: params.max_worst_errors]
    kind = task_type(task)
    entries: list[WorstError] = []
    for badness, n in ranked:
        record, prediction = records[n], predictions[n]
        agrees = reference is not None and as_json(reference[n].value) == as_json(prediction.value)
        sure = _is_sure(prediction, params.label_error_confidence)
        entries.append(
            {
                "record_id": record.id,
                "text": shorten(kind.main_text(record), _TEXT),
                "given": as_json(record.target),
                "suggested": as_json(prediction.value),
                "confidence": None if prediction.confidence is None else rounded(prediction.confidence),
                "wrongness": rounded(badness),
                "label_may_be_wrong": sure and agrees,
                "label_by": record.labels_by.who if record.labels_by else None,
                "source": record.source.name,
            }
        )
    return entries


def review_queue(worst: Sequence[WorstError]) -> pa.Table:
    """The worst errors as rows for people, likely label errors first; each has the model's answer to accept or fix."""
    ranked = sorted(worst, key=lambda entry: (not entry["label_may_be_wrong"], -entry["wrongness"], entry["record_id"]))
    rows = [
        {
            "record_id": entry["record_id"],
            "reason": "model_disagrees" if entry["label_may_be_wrong"] else "worst_error",
            "priority": rounded(1 - n / len(ranked)),
            "prelabel": entry["suggested"],
            "confidence": entry["confidence"],
        }
        for n, entry in enumerate(ranked)
    ]
    return pa.Table.from_pylist(rows, schema=_QUEUE)
