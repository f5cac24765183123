"""What was written of a split, and what was not."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.core.record import Reject


@dataclass
class Account:
    """What was written of a split: rows, their columns, and which rows the form has no place for, with the reason.

    `not_in_mixture` counts the rows that the mixture reads no time (column `repeats` 0); `met` are the records of a
    form that joins something to them.
    """

    rows: int = 0
    not_in_mixture: int = 0
    met: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    refused: list[tuple[str, Reject]] = field(default_factory=list)
