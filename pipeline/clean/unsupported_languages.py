"""Records that the encoder cannot read are no matter for steps that look through its eyes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pipeline.clean.step import Context
from pipeline.core.record import Record
from pipeline.modeling.features import unsupported_languages

log = logging.getLogger("pipeline")


def read_rows(records: Sequence[Record], context: Context) -> tuple[list[int], dict[str, object]]:
    """Numbers of the records in a language that models.encoder reads, and notes on the others with the remedy.

    Logs a warning where there are others: over 20 % of a language's tokens are unknown to it.
    """
    texts, langs = [context.main_text(record) for record in records], [record.lang for record in records]
    rows, notes = unsupported_languages.read_rows(texts, langs, context.models.encoder)
    if notes:
        log.warning("clean  %d records are left out: %s", notes["unread_records"], notes["unread_remedy"])
    return rows, notes
