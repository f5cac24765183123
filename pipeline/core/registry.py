"""The one shape of every registry, name -> `Entry(settings, function)`, and looking a name up with a helpful error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
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


#: What packages may add to (docs/python.md).
PLUGIN_GROUPS = ("sft.sources", "sft.steps", "sft.methods", "sft.expectations", "sft.dialects")


def with_plugins(table: Mapping[str, Item], group: str) -> dict[str, Item]:
    """`table` and what installed packages add to it: each entry point of `group` names an item of the table's kind.

    `group` is one of `PLUGIN_GROUPS`. Raises PipelineError for a name that is taken, and for what does not load or is
    of another kind.
    """
    found = dict(table)
    kind = type(next(iter(table.values())))
    for point in sorted(_entry_points(group), key=lambda one: one.name):
        package = point.dist.name if point.dist else "a package"
        if point.name in found:
            raise PipelineError(f"{package}: the name '{point.name}' of {group} is taken.", "Give it another name.")
        try:
            item = point.load()
        except (ImportError, AttributeError) as error:
            raise PipelineError(
                f"{package}: {point.value} of {group} does not load: {error}",
                f"Repair or remove the package {package}.",
            ) from None
        if not isinstance(item, kind):
            raise PipelineError(f"{package}: {point.value} of {group} is no {kind.__name__}.", "See docs/python.md.")
        found[point.name] = item
    return found


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def plugin_versions() -> list[str]:
    """`name==version` of every installed package that adds to a registry."""
    points = [point for group in PLUGIN_GROUPS for point in _entry_points(group)]
    return sorted({f"{point.dist.name}=={point.dist.version}" for point in points if point.dist})


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
