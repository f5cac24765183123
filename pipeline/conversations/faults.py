"""What can be wrong with a conversation: every fault by name, with its evidence. See docs/conversations.md."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.conversations import arguments, order, results, texts, tools
from pipeline.conversations.fault import Fault
from pipeline.core.conversation import Conversation


def faults(talk: Conversation) -> Iterator[Fault]:
    """All faults of a conversation: of its roles, texts, tool definitions, calls and results, in this order.

    Reasons: those of `order.faults`, `texts.faults`, `tools.faults`, `arguments.faults` and `results.faults`.
    """
    for part in (order, texts, tools, arguments, results):
        yield from part.faults(talk)
