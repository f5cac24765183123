"""What a record asks a language model, as a conversation, and its reply as a message; for tasks with free answers."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.conversation import Conversation, Message, to_conversation
from pipeline.core.record import Record, Target
from pipeline.core.settings import Task
from pipeline.modeling.lm.instructions import default_instruction, filled
from pipeline.tasks import task_type


def asked(record: Record, task: Task) -> Conversation:
    """A chat without its reply; a text to translate or to summarise under the task's instruction."""
    if "messages" in record.fields:
        return to_conversation(record.fields)
    text = task_type(task).augmentable(record)
    return Conversation((Message("user", filled(default_instruction(record.lang, task), text)),))


def reply_of(target: Target) -> Message:
    """A target that is a text or a message, as the assistant's turn."""
    return Message.of(target) if isinstance(target, Mapping) else Message("assistant", str(target))


def whole(record: Record, task: Task) -> Conversation:
    """The conversation with its reply as the last turn."""
    conversation = asked(record, task)
    return Conversation(
        (*conversation.messages, reply_of(record.target)), conversation.tools, conversation.template_arguments
    )
