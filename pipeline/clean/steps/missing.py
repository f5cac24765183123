"""Missing values: records without text, records without a label.

Reasons: empty_text, missing_label.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger
from pipeline.settings import Settings, Task
from pipeline.stage import Drop, Outcome, drop_rows
from pipeline.store import to_records
from pipeline.tasks import task_type


class Missing(Settings):
    """Section `clean.missing`."""

    target: Literal["drop", "unlabelled"] = "unlabelled"  # what becomes of a record without a label


def drop_missing(table: pa.Table, settings: Missing, context: Context) -> Outcome:
    """Drop records whose main text is blank; records without a target stay as unlabelled, or go."""
    outcome = context.by_part(table, partial(_drop, settings=settings, task=context.task))
    return replace(outcome, notes={"without_label": outcome.notes["labels"]["missing"]})


def _drop(part: pa.Table, ledger: Ledger, settings: Missing, task: Task) -> Outcome:
    main_text = task_type(task).main_text
    drops: dict[int, Drop] = {}
    without = ledger.counts["labels"]
    for n, record in enumerate(to_records(part)):
        missing = record.target is None or (isinstance(record.target, str) and not record.target.strip())
        without["missing"] += missing
        if not main_text(record).strip():
            drops[n] = Drop("empty_text", f"{record.source.locator} row {record.source.row}")
        elif missing and settings.target == "drop" and record.source.role not in ("unlabelled", "benchmark"):
            drops[n] = Drop("missing_label", f"{record.source.locator} row {record.source.row}")
    return drop_rows(part, "missing", drops)
