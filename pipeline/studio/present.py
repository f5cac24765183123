"""A task that is in Label Studio about a record and text of today."""

from __future__ import annotations

from typing import TypedDict


class PresentTask(TypedDict):
    """What `sft label push` has to know of it."""

    id: int
    untouched: bool  # nobody answered, skipped or began it
    open: bool
    blind: bool
    audit: bool
    answers: int
    version: str | None  # of the pre-labels it shows
