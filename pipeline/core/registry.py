"""Looking a name up in one of the project's dictionaries, with a helpful error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from pipeline.core.errors import PipelineError

Item = TypeVar("Item")


def pick(table: Mapping[str, Item], name: str, where: str) -> Item:
    """`table[name]`; `where` names the setting that held `name`, for the error."""
    if name in table:
        return table[name]
    raise PipelineError(f"{where}: unknown name '{name}'.", did_you_mean(name, table))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The remedy for a misspelt name: the closest known one, then all of them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    guess = f"Did you mean '{close[0]}'? " if close else ""
    return f"{guess}Known: {', '.join(names)}."
