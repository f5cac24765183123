"""Missing values: records without text, records without a label.

Reasons: empty_text, missing_label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Drop, Outcome, drop_rows
from pipeline.runtime.store import to_contents
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
    sources = part.column("source")
    for n, record in enumerate(to_contents(part)):
        missing = record.target is None or (isinstance(record.target, str) and not record.target.strip())
        without["missing"] += missing
        if not main_text(record).strip():
            drops[n] = Drop("empty_text", _place(sources[n].as_py()))
        elif missing and settings.target == "drop" and sources[n].as_py()["role"] not in ("unlabelled", "benchmark"):
            drops[n] = Drop("missing_label", _place(sources[n].as_py()))
    return drop_rows(part, "missing", drops)


def _place(source: Mapping[str, Any]) -> str:
    return f"{source['locator']} row {source['row']}"
