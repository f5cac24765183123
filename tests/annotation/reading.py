"""Reading what people answered, as the stage label does."""

from __future__ import annotations

from pipeline.annotation.annotations import latest_answers, read_folder
from pipeline.annotation.checks import check_against
from pipeline.annotation.label_studio_export import readers
from tests.label.conftest import TASK, record

RECORDS = {r.id: r for r in (record("r1", "好", text="很好"), record("r2"), record("r3", "negative"))}


def read(project, task=TASK, records=RECORDS):
    return latest_answers(read_folder(project.annotations, readers(task)), check_against(records, task))
