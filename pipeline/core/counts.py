"""Counts in the one order in which reports show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Key = TypeVar("Key")
Count = TypeVar("Count", int, float)


def ranked(counts: Mapping[Key, Count]) -> list[tuple[Key, Count]]:
    """Keys with their counts, the largest first, equal ones in the order of their keys.

    >>> ranked({"b": 1, "c": 2, "a": 1})
    [('c', 2), ('a', 1), ('b', 1)]
    """
    return sorted(counts.items(), key=_place)


def _place(item: tuple[Key, float]) -> tuple[float, Key]:
    return -item[1], item[0]
