"""How many predictions change when the input is edited in ways that should not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.evaluate.dataset import to_row
from pipeline.evaluate.edits import EDITS
from pipeline.evaluate.judged import Judge, Judged
from pipeline.evaluate.params import Params
from pipeline.modeling.predictor import Prediction, Predictor
from pipeline.record import Record, as_json, share
from pipeline.settings import Task
from pipeline.statistics import estimate, mean_of, rounded
from pipeline.tasks import task_type


def robustness(
    records: Sequence[Record],
    predictions: Sequence[Prediction],
    predictor: Predictor,
    judge: Judge,
    task: Task,
    params: Params,
) -> list[dict[str, Any]]:
    """One entry an edit: rows it altered, share of predictions that changed, headline metric before and after.

    The sample is drawn by record id. Rows that an edit leaves as they are do not count for it.
    """
    order = sorted(range(len(records)), key=lambda n: share("robustness", records[n].id))[: params.robustness_rows]
    report = []
    for name in EDITS:
        edited = {n: edit_record(records[n], name, task) for n in order}
        touched = [n for n in sorted(order) if edited[n].fields != records[n].fields]
        if not touched:
            report.append({"edit": name, "n": 0})
            continue
        after = predictor.predict([to_row(edited[n], task) for n in touched])
        before = [predictions[n] for n in touched]
        changed = [as_json(a.value) != as_json(b.value) for a, b in zip(before, after, strict=True)]
        originals = [records[n] for n in touched]
        report.append(
            {
                "edit": name,
                "n": len(touched),
                "changed": estimate(
                    {"share": mean_of(np.array(changed, np.float64))}, len(changed), params.resamples, params.seed
                )["share"].as_dict(),
                "before": _headline(judge(originals, before), len(touched)),
                "after": _headline(judge(originals, after), len(touched)),
            }
        )
    return report


def edit_record(record: Record, name: str, task: Task) -> Record:
    """The record with every input text edited and the target as it was."""

    def edit(text: str) -> str:
        return EDITS[name](text, share(record.id, name))

    fields, _ = task_type(task).edit_texts(record.fields, None, edit)
    return replace(record, fields=fields)


def _headline(judged: Judged, rows: int) -> float:
    return rounded(judged.metrics[judged.headline](np.ones((1, rows)))[0])
