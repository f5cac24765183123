"""What can be wrong with a conversation: every problem by name, with its evidence. See docs/conversations.md."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.conversations import arguments, order, results, texts, tools
from pipeline.conversations.problem import Problem
from pipeline.core.conversation import Conversation


def problems(conversation: Conversation) -> Iterator[Problem]:
    """All problems of a conversation: of its roles, texts, tool definitions, calls and results, in this order.

    Reasons: those of `order.problems`, `texts.problems`, `tools.problems`, `arguments.problems` and `results.problems`.
    """
    for part in (order, texts, tools, arguments, results):
        yield from part.problems(conversation)
