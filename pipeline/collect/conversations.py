"""The conversations of a source's rows, read by its dialect; what of the rows is not used is counted."""

from __future__ import annotations

from collections import Counter

from pipeline.collect.params import RecordSource
from pipeline.core.conversation import Conversation
from pipeline.core.errors import PipelineError
from pipeline.core.record import Row
from pipeline.core.registry import pick
from pipeline.core.settings import Task
from pipeline.core.turns import Reading, is_nothing
from pipeline.dialects import DIALECTS

#: The dialect of sources that name none: turns of any common spelling in the column `messages`.
USUAL = "messages"


class ConversationReader:
    """Reads the conversations of one source."""

    def __init__(self, settings: RecordSource, where: str) -> None:
        self.name = dialect_of(settings) or USUAL
        self.dialect = pick(DIALECTS, self.name, f"{where}.dialect")
        self.reading = Reading({name.strip().lower(): role for name, role in settings.roles.items()})
        main = self.dialect.columns[0]
        self._renamed = {main if field == "messages" else field: column for field, column in settings.fields.items()}
        conditions = (*settings.where, *settings.trusted_when)
        self._used = {*self.dialect.columns, *settings.fields.values(), *settings.named_columns().values()}
        self._used |= {condition.column for condition in conditions}

    def read(self, row: Row) -> Conversation:
        """The row's conversation. Raises Reject where it cannot be read."""
        seen = Counter(f"column: {key}" for key in row if key not in self._used and not is_nothing(row[key]))
        self.reading.ignored += seen
        renamed = {name: row.get(column) for name, column in self._renamed.items()}
        return self.dialect.read({**row, **renamed} if renamed else row, self.reading)

    def notes(self) -> dict[str, object]:
        """For the report: the dialect, and what was ignored and repaired, by name."""
        found = {"ignored": self.reading.ignored, "repaired_in_turns": self.reading.repaired}
        return {"dialect": self.name} | {name: dict(sorted(counts.items())) for name, counts in found.items() if counts}


def dialect_of(settings: RecordSource) -> str | None:
    """The dialect that a source names, as `dialect` or as the format of its files."""
    format = getattr(settings, "format", None)
    return settings.dialect or (format if format in DIALECTS else None)


def conversation_reader(settings: RecordSource, task: Task, where: str) -> ConversationReader | None:
    """The reader of a source's conversations; None where the task is about something else."""
    if task.type == "chat":
        return ConversationReader(settings, where)
    for name in ("dialect", "roles"):
        if getattr(settings, name):
            raise PipelineError(f"{where}.{name}: only for conversations, not for {task.type}.", "Leave it out.")
    return None
