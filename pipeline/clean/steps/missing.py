"""Missing values: records without text, records without a label.

Reasons: empty_text, missing_label.
"""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

from pipeline.clean.step import Context
from pipeline.settings import Settings
from pipeline.stage import Drop, Outcome, drop_rows
from pipeline.store import to_records


class Missing(Settings):
    """Section `clean.missing`."""

    target: Literal["drop", "unlabelled"] = "unlabelled"  # what becomes of a record without a label


def drop_missing(table: pa.Table, settings: Missing, context: Context) -> Outcome:
    """Drop records whose main text is blank; records without a target stay as unlabelled, or go."""
    drops: dict[int, Drop] = {}
    unlabelled = 0
    for n, record in enumerate(to_records(table)):
        missing = record.target is None or (isinstance(record.target, str) and not record.target.strip())
        unlabelled += missing
        if not context.main_text(record).strip():
            drops[n] = Drop("empty_text", f"{record.source.locator} row {record.source.row}")
        elif missing and settings.target == "drop" and record.source.role not in ("unlabelled", "benchmark"):
            drops[n] = Drop("missing_label", f"{record.source.locator} row {record.source.row}")
    return drop_rows(table, "missing", drops, notes={"without_label": unlabelled})
