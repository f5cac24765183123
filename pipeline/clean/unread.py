"""Records that the encoder cannot read are no matter for steps that look through its eyes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pipeline.clean.step import Context
from pipeline.core.record import Record
from pipeline.modeling.features.unread import unread_languages, unread_notes

log = logging.getLogger("pipeline")


def read_rows(records: Sequence[Record], context: Context) -> tuple[list[int], dict[str, object]]:
    """Numbers of the records in a language that models.encoder reads, and notes on the others with the remedy.

    Logs a warning where there are others: over 20 % of a language's tokens are unknown to it.
    """
    encoder = context.models.encoder
    langs = [record.lang for record in records]
    shares = unread_languages([context.main_text(record) for record in records], langs, encoder)
    notes = unread_notes(shares, encoder)
    rows = [n for n, lang in enumerate(langs) if lang not in shares]
    if notes:
        notes = {**notes, "unread_records": len(records) - len(rows)}
        log.warning("clean  %d records are left out: %s", notes["unread_records"], notes["unread_remedy"])
    return rows, notes
