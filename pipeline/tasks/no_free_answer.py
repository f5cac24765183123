"""What task types share whose target is no free text: a language model cannot simply write it."""

from __future__ import annotations

from typing import Any

from pipeline.core.record import Record, Reject, Target


def with_answer(record: Record, text: str, answer: str) -> tuple[dict[str, Any], Target]:
    """Rejects: no_free_answer."""
    raise Reject("no_free_answer", "the target of this task is no free text")
