"""How many predictions change when the input is edited in ways that should not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.record import Record, Reject, Target, as_json, share
from pipeline.core.settings import Task
from pipeline.evaluate.dataset import to_row
from pipeline.evaluate.evaluation import ComputeMetrics, Evaluation
from pipeline.evaluate.params import Params
from pipeline.evaluate.perturbations import EDITS
from pipeline.modeling.prediction import Prediction, Predictor
from pipeline.stats.bootstrap import estimate, mean_of
from pipeline.stats.numbers import rounded
from pipeline.tasks import task_type

#: Kinds of target that hold offsets.
_POINTS_INTO_TEXT = ("spans", "answers")
_TENTH = 0.1  # a guess: not measured


def robustness(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    predictor: Predictor,
    compute_metrics: ComputeMetrics,
    task: Task,
    params: Params,
) -> list[dict[str, object]]:
    """One entry an edit: rows it altered, share of predictions that changed, headline metric before and after.

    The sample is drawn by record id. Rows that an edit leaves as they are do not count for it.
    """
    order = sorted(range(len(records)), key=lambda n: share("robustness", records[n].id))[: params.robustness_rows]
    spread = _spread(predictions)
    report = []
    for name in EDITS:
        edited = {n: edit_record(records[n], name, task) for n in sorted(order)}
        after = _answers({n: one for n, one in edited.items() if one.fields != records[n].fields}, predictor, task)
        touched = list(after)
        if not touched:
            report.append({"edit": name, "n": 0})
            continue
        given, before = [records[n] for n in touched], [predictions[n] for n in touched]
        moved = [
            edit_record(replace(record, target=said.value), name, task).target
            for record, said in zip(given, before, strict=True)
        ]
        changed = [differs(target, after[n].value, spread) for n, target in zip(touched, moved, strict=True)]
        share_changed = {"share": mean_of(np.array(changed, np.float64))}
        report.append(
            {
                "edit": name,
                "n": len(touched),
                "changed": estimate(share_changed, len(changed), params.resamples, params.seed)["share"].as_dict(),
                "before": _headline(compute_metrics(given, before), len(touched)),
                "after": _headline(compute_metrics([edited[n] for n in touched], list(after.values())), len(touched)),
            }
        )
    return report


def _answers(edited: Mapping[int, Record], predictor: Predictor, task: Task) -> dict[int, Prediction]:
    """The model's answers to edited records, but for those that it cannot read."""
    found = predictor.predict([to_row(record, task) for record in edited.values()]) if edited else []
    return {n: answer for n, answer in zip(edited, found, strict=True) if not answer.refused}


def edit_record(record: Record, name: str, task: Task) -> Record:
    """The record with every input text edited, and its target as it was: what points into the text moves with it.

    Where an edit destroys what the target points at, the record stays as it is.
    """

    def edit(text: str) -> str:
        return EDITS[name](text, share(record.id, name))

    kind = task_type(task)
    if kind.target_kind(task) not in _POINTS_INTO_TEXT:
        return replace(record, fields=kind.edit_texts(record.fields, None, edit)[0])
    try:
        fields, target = kind.edit_texts(record.fields, record.target, edit)
    except Reject:
        return record
    return replace(record, fields=fields, target=target)


def differs(before: Target, after: Target, spread: float) -> bool:
    """Whether two answers differ; numbers by more than a tenth of the `spread` of all answers."""
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) > _TENTH * spread
    return as_json(before) != as_json(after)


def _spread(predictions: Sequence[Prediction]) -> float:
    numbers = [p.value for p in predictions if isinstance(p.value, float)]
    return float(np.std(numbers)) if numbers else 0.0


def _headline(evaluation: Evaluation, rows: int) -> float:
    return rounded(evaluation.metrics[evaluation.headline](np.ones((1, rows)))[0])
