"""What each data step bought: models trained on the variants of the data, judged on one test set."""

from __future__ import annotations

from pipeline.report.blocks import Block, from_notes, missing
from pipeline.report.inputs import Inputs


def value(inputs: Inputs) -> list[Block]:
    """The comparison as the value stage wrote it; says so where it has not run."""
    report = inputs.report("value")
    return from_notes({key: one for key, one in report.items() if key != "stage"}) if report else [missing("value")]
