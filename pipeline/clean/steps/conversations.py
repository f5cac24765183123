"""Conversations put in order (`turn_order`) and checked (`conversations`): roles, reasoning, calls, results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal

import pyarrow as pa

from pipeline.clean.step import Context, Ledger, ReviewItem, given
from pipeline.conversations.arguments import repaired_arguments
from pipeline.conversations.checks import problems
from pipeline.conversations.problem import Problem, Reason
from pipeline.conversations.records import conversation_of, parts_of
from pipeline.conversations.repair import TurnOrder, repaired
from pipeline.core.conversation import Conversation, Message
from pipeline.core.errors import PipelineError
from pipeline.core.record import Decision, Record, Reject
from pipeline.core.settings import Settings, Task
from pipeline.runtime.stage import Outcome, per_record


class Conversations(Settings):
    """Section `clean.conversations`."""

    RENAMED: ClassVar[Mapping[str, str]] = {"faulty": "invalid", "mend_arguments": "repair_arguments"}

    invalid: Literal["drop", "review"] = "drop"  # review: they stay, listed in review.parquet
    allow: tuple[Reason, ...] = ("no_tool_definitions",)  # reasons that are no problem here
    repair_arguments: bool = True  # arguments of calls that are no JSON, where it is certain what was meant


def repair_turns(table: pa.Table, settings: TurnOrder, context: Context) -> Outcome:
    """Each conversation in the order that templates want. Notes: turns touched by repair; records that got a reply.

    Records of sources with role unlabelled or benchmark keep their last user turn: they wait for its reply. Each
    repair is in the history.
    """
    _check_task(context.task, "turn_order")
    return context.by_part(table, partial(_repair, settings=settings))


def check_conversations(table: pa.Table, settings: Conversations, context: Context) -> Outcome:
    """Repair arguments, drop or list what is invalid. Notes: problems by reason, repaired calls, invalid that stayed.

    A record is dropped for its first problem; the detail holds all. Records of test and benchmark sources stay and are
    listed. Reasons: those of `conversations.checks.problems`.
    """
    _check_task(context.task, "conversations")
    return context.by_part(table, partial(_check, settings=settings))


def _check_task(task: Task, step: str) -> None:
    if task.type != "chat":
        raise PipelineError(f"clean.steps: {step} is for conversations, not for {task.type}.", "Leave the step out.")


def _repair(part: pa.Table, ledger: Ledger, settings: TurnOrder) -> Outcome:
    repairs, records = ledger.counts["repairs"], ledger.counts["records"]

    def work(record: Record) -> Record:
        conversation = conversation_of(record.fields, record.target)
        is_open = record.source.role in ("unlabelled", "benchmark")
        found, done = repaired(conversation, settings, is_open)
        if not done:
            return record
        repairs.update(done)
        fields, target = parts_of(found)
        changes: dict[str, Any] = {"fields": fields, "target": target}
        if target is not None and record.target is None:
            records["got_a_reply"] += 1
            changes["labels_by"] = Decision(f"source:{record.source.name}")
        return record.derive("turn_order", **changes)

    return per_record(part, "turn_order", work)


def _check(part: pa.Table, ledger: Ledger, settings: Conversations) -> Outcome:
    found, repairs, stayed = (ledger.counts[name] for name in ("problems", "repaired", "invalid_kept"))

    def work(record: Record) -> Record:
        conversation = conversation_of(record.fields, record.target)
        if settings.repair_arguments:
            repaired_conversation, calls = _with_repaired_calls(conversation)
            if calls:
                repairs["arguments"] += calls
                fields, target = parts_of(repaired_conversation)
                record, conversation = (
                    record.derive("conversations", fields=fields, target=target),
                    repaired_conversation,
                )
        wrong = [problem for problem in problems(conversation) if problem.reason not in settings.allow]
        found.update(_reasons(wrong))
        if not wrong:
            return record
        detail = "; ".join(f"{problem.reason}: {problem.detail}" for problem in wrong)
        if settings.invalid == "drop" and record.source.role not in ("test", "benchmark"):
            raise Reject(wrong[0].reason, detail)
        stayed[record.source.role] += 1
        ledger.review_items.append(ReviewItem(record.id, wrong[0].reason, given(record), detail=detail))
        return record

    return per_record(part, "conversations", work)


def _reasons(wrong: Iterable[Problem]) -> Counter[str]:
    """Each reason once a record."""
    return Counter({problem.reason for problem in wrong})


def _with_repaired_calls(conversation: Conversation) -> tuple[Conversation, int]:
    """The conversation with arguments repaired, and how many calls that touched."""
    if not any(message.tool_calls for message in conversation.messages):
        return conversation, 0
    messages = [_with_repaired_arguments(message) for message in conversation.messages]
    pairs = zip(conversation.messages, messages, strict=True)
    calls = sum(a != b for old, new in pairs for a, b in zip(old.tool_calls, new.tool_calls, strict=True))
    return replace(conversation, messages=tuple(messages)), calls


def _with_repaired_arguments(message: Message) -> Message:
    calls = tuple(replace(call, arguments=repaired_arguments(call.arguments)) for call in message.tool_calls)
    return message if calls == message.tool_calls else replace(message, tool_calls=calls)
