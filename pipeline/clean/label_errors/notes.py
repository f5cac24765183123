"""What report.json says of relabelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.clean.label_errors.settings import LabelErrors
from pipeline.clean.step import given
from pipeline.core.record import Record

_SHORT = 80  # characters of a change that is counted; spans and answers can be longer; a guess: not measured


def relabelling(
    threshold: float | None, relabelled: Mapping[int, Record], records: Sequence[Record], settings: LabelErrors
) -> dict[str, object]:
    """The confidence from which on targets were changed, and from what to what; or why none was."""
    if threshold is None:
        why = f"no confidence reached a precision of {settings.autofix_precision}, on planted noise or by the estimate"
        return {"threshold": None, "changed": 0, "why_none": why}
    moves = Counter(f"{given(records[n])} -> {given(after)}" for n, after in sorted(relabelled.items()))
    short = {move: count for move, count in sorted(moves.items()) if len(move) <= _SHORT}
    return {"threshold": threshold, "changed": len(relabelled), "moves": short}
