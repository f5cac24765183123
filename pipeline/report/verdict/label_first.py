"""The verdict of a project in which nobody has labelled enough yet: label these first."""

from __future__ import annotations

from typing import TypedDict

from pipeline.report.inputs import Inputs
from pipeline.report.verdict.finding import Because


class LabelFirst(TypedDict):
    """The verdict's beginning; see `verdict`."""

    state: str
    because: list[Because]


def label_first(inputs: Inputs) -> LabelFirst | None:
    """The verdict where `label` left nothing to train on and the stages after it wait; None anywhere else."""
    first = inputs.report("label").get("notes", {}).get("awaiting_labels")
    if not first or inputs.report("validate"):
        return None
    because: list[Because] = [{"key": "because.label_first", "args": {"queued": first["queued"]}}]
    if first["labelled"] < first["wanted"]:
        because.append({"key": "because.labels_so_far", "args": {"n": first["labelled"], "of": first["wanted"]}})
    elif first["unvouched"]:
        because.append({"key": "because.second_answers", "args": {"n": first["unvouched"]}})
    return {"state": "label_first", "because": because}
