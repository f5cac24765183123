"""What task types share whose target is no free text: a language model cannot simply write it."""

from __future__ import annotations

from pipeline.core.record import Fields, Record, Reject, Target


def with_answer(record: Record, text: str, answer: str) -> tuple[Fields, Target]:
    """Rejects: no_free_answer."""
    raise Reject("no_free_answer", "the target of this task is no free text")
