"""What the step `label_errors` does with a verdict, whatever kind of target it is on: mend, or ask people."""

from __future__ import annotations

from pipeline.clean.step import Context, Doubt, given
from pipeline.core.record import Decision, Record, Target, as_json


def mended(record: Record, target: Target, confidence: float) -> Record:
    """The record with another target, decided by the step."""
    decision = Decision("model:label_errors", round(confidence, 6))
    return record.derive("label_errors", target=target, labels_by=decision)


def ask(
    context: Context,
    record: Record,
    evidence: float,
    suggested: Target,
    confidence: float,
    more: str = "",
    reason: str = "label_error",
) -> None:
    """A doubt for review; `suggested` None: the target is doubted and nothing better known."""
    shown = None if suggested is None else as_json(suggested)
    detail = f"log odds {evidence:.3f}, {record.split or 'no'} split{more}"
    context.doubts.append(Doubt(record.id, reason, given(record), shown, confidence, record.group, detail))
