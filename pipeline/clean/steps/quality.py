"""Length and quality filters: each a plain count on the main text, each with its own reason.

Reasons: too_short, too_long, few_letters, repeated_lines. Test and benchmark sources are spared.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pydantic import Field

from pipeline.clean.score_histograms import from_ledger, tally
from pipeline.clean.step import Context, Ledger, Row
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome
from pipeline.stats.histogram import LENGTHS, SHARES


class Quality(Settings):
    """Section `clean.quality`."""

    min_chars: int = Field(default=3, ge=0)  # code points without white space
    max_chars: int = Field(default=20_000, ge=1)  # code points
    min_letters: float = Field(default=0.3, ge=0, le=1)  # share of letters and digits among what is not white space
    max_repeated_lines: float = Field(default=0.5, ge=0, le=1)  # share of lines that an earlier line repeats


def filter_quality(table: pa.Table, settings: Quality, context: Context) -> Outcome:
    """Drop each record that fails a filter; its detail names the measure and the limit. Notes: histograms of both."""
    outcome = context.drop_where(table, "quality", partial(_problem, settings=settings))
    lengths = {"min_chars": settings.min_chars, "max_chars": settings.max_chars}
    return from_ledger(
        outcome, {"characters": (lengths, LENGTHS), "letters": ({"min_letters": settings.min_letters}, SHARES)}
    )


def _problem(row: Row, ledger: Ledger, settings: Quality) -> Drop | None:
    if row.is_held_out:
        return None
    visible = "".join(row.text.split())
    tally(ledger, "characters", len(visible), LENGTHS)
    if visible:
        tally(ledger, "letters", _letters(visible))
    return next(problems(row.text, settings), None)


def _letters(visible: str) -> float:
    """The share of letters and digits."""
    return sum(map(str.isalnum, visible)) / max(len(visible), 1)


def problems(text: str, settings: Quality) -> Iterator[Drop]:
    """What is wrong with the text, if anything."""
    visible = "".join(text.split())
    if len(visible) < settings.min_chars:
        yield Drop("too_short", f"{len(visible)} characters, fewer than {settings.min_chars}")
    if len(text) > settings.max_chars:
        yield Drop("too_long", f"{len(text)} characters, more than {settings.max_chars}")
    letters = _letters(visible)
    if letters < settings.min_letters:
        yield Drop("few_letters", f"{letters:.2f} letters and digits, less than {settings.min_letters}")
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    repeated = 1 - len(set(lines)) / max(len(lines), 1)
    if len(lines) >= 4 and repeated > settings.max_repeated_lines:
        yield Drop("repeated_lines", f"{repeated:.2f} of {len(lines)} lines, more than {settings.max_repeated_lines}")
