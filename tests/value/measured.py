"""The report that the stage writes."""

from __future__ import annotations

from pipeline.runtime.store import read_json
from pipeline.value.run import measure


def measured(stages, task, models, params, folder):
    measure(stages, task, models, params, folder)
    return read_json(folder / "report.json")
