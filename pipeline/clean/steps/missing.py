"""Missing values: records without text, records without a label.

Reasons: empty_text, missing_label.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger, Row
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome
from pipeline.tasks.texts import target_text


class Missing(Settings):
    """Section `clean.missing`."""

    target: Literal["drop", "unlabelled"] = "unlabelled"  # what becomes of a record without a label


def drop_missing(table: pa.Table, settings: Missing, context: Context) -> Outcome:
    """Drop records whose main text is blank; records without a target stay as unlabelled, or go."""
    outcome = context.drop_where(table, "missing", partial(_problem, settings=settings))
    return replace(outcome, notes={"without_label": outcome.notes.get("labels", {}).get("missing", 0)})


def _problem(row: Row, ledger: Ledger, settings: Missing) -> Drop | None:
    target = row.record.target
    missing = target is None or (isinstance(target, str | dict) and not target_text(target).strip())
    ledger.counts["labels"]["missing"] += missing
    if not row.text.strip():
        return Drop("empty_text", row.place)
    if missing and settings.target == "drop" and row.role not in ("unlabelled", "benchmark"):
        return Drop("missing_label", row.place)
    return None
