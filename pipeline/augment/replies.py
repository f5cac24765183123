"""Tasks whose target is a free text: what a record asks a language model, and how any text of the task is asked."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.record import Record
from pipeline.core.settings import Task
from pipeline.modeling.lm.instructions import default_instruction
from pipeline.modeling.lm.prompt_and_reply import asked
from pipeline.tasks import has_free_answers


def has_reply(record: Record, task: Task) -> bool:
    """Whether the record's target is a free text or a reply, which a language model can be trained to give."""
    return record.target is not None and has_free_answers(task)


def as_messages(record: Record, task: Task) -> list[dict[str, str]]:
    """What a record asks, as turns of a conversation; texts to translate or to summarise under their instruction."""
    return [{"role": message.role, "content": message.content} for message in asked(record, task).messages]


def prompt_template(record: Record, task: Task) -> str | None:
    """How the task asks a model about texts like this record's, with a `{text}`; None where no model could reply.

    A reply that calls tools is none that a text could stand for.
    """
    calls = isinstance(record.target, Mapping) and record.target["tool_calls"]
    return default_instruction(record.lang, task) if has_reply(record, task) and not calls else None


def system_turns(record: Record) -> tuple[str, ...]:
    """What stands above a conversation for all its turns."""
    return tuple(m["content"] for m in record.fields.get("messages", ()) if m["role"] == "system")
