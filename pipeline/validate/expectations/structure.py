"""Records have the structure that their task type asks for."""

from __future__ import annotations

from pipeline.validate.expectations.base import Check, ShareRule, mostly, verdicts
from pipeline.validate.view import View


def valid_structure(rule: ShareRule, view: View) -> Check:
    """The task type finds nothing wrong: turns in order, no empty text, spans inside the text, ..."""
    reasons = ["; ".join(view.kind.problems(record, view.task)) or None for record in view.records]
    return verdicts(f"records are sound {view.task.type} examples{mostly(rule.share)}", reasons, rule.share)
