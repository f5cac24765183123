"""Records have the structure that their task type asks for."""

from __future__ import annotations

from pipeline.conversations.checks import problems
from pipeline.conversations.problem import Reason
from pipeline.conversations.records import conversation_of
from pipeline.core.errors import PipelineError
from pipeline.core.record import Record
from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Check, ShareRule, mostly, verdicts


class ConversationRule(ShareRule):
    """A rule on conversations."""

    allow: tuple[Reason, ...] = ("no_tool_definitions",)  # reasons that are no problem here


def valid_structure(rule: ShareRule, view: View) -> Check:
    """The task type finds nothing wrong: turns in order, no empty text, spans inside the text, ..."""
    reasons = ["; ".join(view.kind.problems(record, view.task)) or None for record in view.records]
    return verdicts(f"records are sound {view.task.type} examples{mostly(rule.share)}", reasons, rule.share)


def valid_conversations(rule: ConversationRule, view: View) -> Check:
    """Calls fit their tools and have results, reasoning is closed, roles are in order: see docs/conversations.md."""
    if view.task.type != "chat":
        raise PipelineError(f"validate.suite: valid_conversations is not for {view.task.type}.", "Leave it out.")

    def verdict(record: Record) -> str | None:
        conversation = conversation_of(record.fields, record.target)
        wrong = (
            f"{problem.reason}: {problem.detail}"
            for problem in problems(conversation)
            if problem.reason not in rule.allow
        )
        return "; ".join(wrong) or None

    title = f"conversations are valid{mostly(rule.share)}"
    return verdicts(title, [verdict(record) for record in view.records], rule.share)
