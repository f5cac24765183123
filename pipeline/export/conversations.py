"""Rows of the exported dataset as conversations in a dialect: chats as they are, other tasks as question and answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pipeline.core.conversation import Conversation, JsonObject, Message, from_row
from pipeline.core.record import Row
from pipeline.core.settings import Task
from pipeline.dialects import written
from pipeline.export.prompts import answer, instruction_and_input
from pipeline.modeling.lm.instructions import filled, instruction

#: `(row, task) -> the row of a form`, None for none. Raises Reject for what the form has no place for.
Line = Callable[[Row, Task], JsonObject | None]

#: Dialects whose rows may hold nothing else, not even an id.
_BARE = frozenset({"openai"})


def conversation_of(row: Row, task: Task) -> Conversation:
    """The row as a conversation that ends with the assistant's turn. Questions are worded as training words them."""
    if "messages" in row:
        return from_row(row)
    text = instruction_and_input(row, task)
    asked = "\n\n".join(text) if text else filled(instruction(row, task, {}, False), str(row["text"]))
    return Conversation((Message("user", asked), Message("assistant", answer(row))))


def line_of(dialect: str) -> Line:
    """The rows of a dialect."""
    return partial(_line, dialect=dialect)


def _line(row: Row, task: Task, dialect: str) -> JsonObject:
    found = written(conversation_of(row, task), dialect)
    text = instruction_and_input(row, task) if dialect == "alpaca" and "messages" not in row else None
    if text:
        found = {**found, "instruction": text[0], "input": text[1]}
    return found if dialect in _BARE else {"id": row["id"], **found}
