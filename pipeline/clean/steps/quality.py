"""Length and quality filters: each a plain count on the main text, each with its own reason.

Signs and repeated lines of code, tables and XML do not count, nor do lines that the text asks to be repeated.

Reasons: too_short, too_long, few_letters, repeated_lines. Test and benchmark sources are spared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pydantic import Field

from pipeline.clean.score_histograms import from_ledger, tally
from pipeline.clean.step import Context, Ledger, Row
from pipeline.core.settings import Settings
from pipeline.runtime.stage import Drop, Outcome
from pipeline.stats.histogram import LENGTHS, SHARES
from pipeline.text.code_regions import code_regions, layout_regions
from pipeline.text.replies import asks_for_repetition

_LINES = 4  # fewer lines say nothing; a guess: not measured
_TWICE = 2  # a line may stand twice: in a list and in what is made of it; a guess: not measured
# Emoji and their parts; blocks and dots that pictures are made of; marks that scripts write apart, such as vowel signs.
_BESIDE = re.compile(
    "[\u0300-\u036f\u0900-\u0dff\u0e30-\u0e4e\u200d\u2580-\u259f\u2600-\u27bf\u2800-\u28ff\ufe0f\U0001f000-\U0001faff]"
)


class Quality(Settings):
    """Section `clean.quality`."""

    min_chars: int = Field(default=1, ge=0)  # code points without white space; 好 is a review; a guess: not measured
    max_chars: int = Field(default=20_000, ge=1)  # code points; a guess: not measured
    # `min_letters` is a guess: not measured.
    min_letters: float = Field(default=0.3, ge=0, le=1)  # share of letters, digits and emoji in what is no white space
    # `max_repeated_lines` is a guess: not measured.
    max_repeated_lines: float = Field(default=0.5, ge=0, le=1)  # share of lines that say again what stands 3 times


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
    """The share of letters, digits and emoji, with what belongs to them (marks of scripts, joiners, skin tones)."""
    return sum(one.isalnum() or _BESIDE.match(one) is not None for one in visible) / max(len(visible), 1)


def problems(text: str, settings: Quality) -> Iterator[Drop]:
    """What is wrong with the text, if anything."""
    visible = "".join(text.split())
    if len(visible) < settings.min_chars:
        yield Drop("too_short", f"{len(visible)} characters, fewer than {settings.min_chars}")
    if len(text) > settings.max_chars:
        yield Drop("too_long", f"{len(text)} characters, more than {settings.max_chars}")
    if found := _form(text, settings):
        yield from _form(_prose(text), settings) if _prose(text) != text else found


def _form(text: str, settings: Quality) -> list[Drop]:
    """Whether the text is mostly signs, or says the same lines again; nothing of a text without anything visible."""
    found: list[Drop] = []
    visible = "".join(text.split())
    letters = _letters(visible)
    if visible and letters < settings.min_letters:
        found.append(Drop("few_letters", f"{letters:.2f} letters, digits and emoji, less than {settings.min_letters}"))
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    again = sum(times - 1 for times in Counter(lines).values() if times > _TWICE)
    repeated = again / max(len(lines), 1)
    if len(lines) >= _LINES and repeated > settings.max_repeated_lines and not asks_for_repetition(text):
        told = f"{repeated:.2f} of {len(lines)} lines, more than {settings.max_repeated_lines}"
        found.append(Drop("repeated_lines", told))
    return found


def _prose(text: str) -> str:
    """The text without code, tables and XML: their signs and lines are no fault of it."""
    pieces, end = [], 0
    for start, stop in sorted([*code_regions(text), *layout_regions(text)]):
        pieces.append(text[end : max(start, end)])
        end = max(stop, end)
    return "".join([*pieces, text[end:]])
