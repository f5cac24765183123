"""The one shape of every registry, name -> `Entry(settings, function)`, and looking a name up with a helpful error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import BaseModel

from pipeline.core.errors import PipelineError

Item = TypeVar("Item")
SettingsKind = TypeVar("SettingsKind", bound=BaseModel, covariant=True)
Function = TypeVar("Function", covariant=True)


@dataclass(frozen=True)
class Entry(Generic[SettingsKind, Function]):
    """One line of a registry: the class of the settings, and the function that takes an instance of it.

    Where a contract has several functions (a head, a detector), `function` is the module that holds them. A thing
    without settings of its own names `settings.NoSettings`. Registries that must say more derive from this class.
    """

    settings: type[SettingsKind]
    function: Function


def pick(table: Mapping[str, Item], name: str, where: str, renamed: Mapping[str, str] = MappingProxyType({})) -> Item:
    """`table[name]`; `where` names the setting that held `name`, for the error; `renamed`: old name -> new one."""
    if name in table:
        return table[name]
    if name in renamed:
        raise PipelineError(f"{where}: '{name}' was renamed to '{renamed[name]}'.")
    raise PipelineError(f"{where}: unknown name '{name}'.", did_you_mean(name, table))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The remedy for a misspelt name: the closest known one, then all of them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    guess = f"Did you mean '{close[0]}'? " if close else ""
    return f"{guess}Known: {', '.join(names)}."
