"""What a dialect is: a way in which conversations are written, read and written by one module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.core.conversation import Conversation, JsonObject
from pipeline.core.record import Row
from pipeline.core.turns import Reading


@dataclass(frozen=True)
class Places:
    """What of a conversation a dialect has a place for (docs/conversations.md shows them as a table)."""

    tools: bool = True  # tool definitions, calls and results
    ids: bool = True  # ids of calls, and names of results that differ from the call's
    reasoning: bool = True
    names: bool = False  # the speaker's name
    learn: bool = False  # whether a turn is learned
    template_arguments: bool = False
    developer: bool = False
    late_system: bool = True  # system turns that are not the first turn
    runs: bool = True  # two turns of the assistant in a row
    any_turns: bool = True  # anything but a user turn or the results, then the assistant, in turn
    any_order: bool = True  # roles in another order than user, assistant, user, ...


@dataclass(frozen=True)
class Dialect:
    """A dialect: reader, writer, places, and the columns of a row that the reader uses.

    `read(row, reading)` gives a conversation; it raises Reject for what cannot be read. `write(conversation)` gives a
    row; what the dialect has no place for is refused before (`pipeline.dialects.limits.check`). `needs_ids`: calls and
    results are joined by ids, so those without get some.
    """

    read: Callable[[Row, Reading], Conversation]
    write: Callable[[Conversation], JsonObject]
    columns: tuple[str, ...]
    places: Places = field(default_factory=Places)
    needs_ids: bool = False
