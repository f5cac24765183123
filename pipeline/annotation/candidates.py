"""Several replies to one prompt, with what judges gave them: `data/candidates/*.jsonl`, one reply a line.

Whoever writes replies or judges them writes such a file (`label` for its teachers: data/label/candidates.jsonl; or a
script of one's own); comparing in Label Studio and the export of preference pairs read it. docs/conversations.md
describes the fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import Field, FiniteFloat

from pipeline.annotation.sound_values import decoded
from pipeline.core.conversation import Message
from pipeline.core.errors import PipelineError, shorten
from pipeline.core.record import Reject
from pipeline.core.settings import Settings, parse
from pipeline.tasks.chat import reply_of

#: Where candidates lie below the data folder: one's own, and those of `label`'s teachers.
PLACES = ("candidates", "label/candidates.jsonl")


class Candidate(Settings):
    """One reply. `reply` is a text, or a message with reasoning and calls as a dialect of `messages` has it."""

    record_id: str
    reply: Any
    by: str = ""  # who wrote it, such as `model:teacher-7b` or `source:desk`
    judged_by: str = ""  # who gave the scores, such as `judge:rubric` or `ann@example.org`
    scores: dict[str, FiniteFloat] = Field({})  # criterion -> score, all on one scale
    score: FiniteFloat | None = None  # by which replies are compared; default: the mean of `scores`

    @property
    def value(self) -> float | None:
        """The score by which replies are compared; None for a reply that nobody judged."""
        if self.score is not None or not self.scores:
            return self.score
        return sum(self.scores.values()) / len(self.scores)

    def message(self) -> Message:
        """The reply as a message. Rejects: those of `reply_of`."""
        return reply_of(self.reply)


def read_candidates(*places: Path) -> dict[str, list[Candidate]]:
    """Record id -> its candidates, of files and of the `.jsonl` files in folders, in the order of names and lines.

    Places that do not exist hold none. Raises PipelineError that names the lines that cannot be read.
    """
    files = [file for place in places for file in (sorted(place.glob("*.jsonl")) if place.is_dir() else [place])]
    found = sorted((one for file in files if file.is_file() for one in _read(file)), key=lambda one: one.record_id)
    return {id: list(group) for id, group in groupby(found, key=lambda one: one.record_id)}


def _read(file: Path) -> Iterator[Candidate]:
    for number, line in enumerate(file.read_text("utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file}:{number}"
        try:
            candidate = parse(decoded(line), Candidate, place)
            candidate.message()
        except (ValueError, Reject) as error:
            raise PipelineError(
                f"{place}: {shorten(error, 120)}: {shorten(line, 60)}",
                "A line is an object with record_id and reply: docs/conversations.md, Preference pairs.",
            ) from None
        yield candidate
