"""Labels that got another name since people answered: `task.renamed` maps old names to those of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.record import Target
from pipeline.core.settings import Task
from pipeline.tasks.region import Region

_KEYS = ("choices", "labels")


def with_new_labels(result: Sequence[Region], task: Task) -> list[Region]:
    """The regions of an annotation with the labels of today; two that became one label are one choice."""
    return [_with_new_labels(part, task.renamed) if task.renamed else part for part in result]


def new_value(value: Target, task: Task) -> Target:
    """An answer (a label, several, or spans) with the labels of today; any other answer as it is."""
    names = task.renamed
    if not names:
        return value
    if isinstance(value, str):
        return names.get(value, value)
    if not isinstance(value, list):
        return value
    return _distinct([_new_part(part, names) for part in value])


def _new_part(part: Target, names: Mapping[str, str]) -> Target:
    if isinstance(part, Mapping) and isinstance(part.get("label"), str):
        return {**part, "label": names.get(part["label"], part["label"])}
    return names.get(part, part) if isinstance(part, str) else part


def _with_new_labels(part: Region, names: Mapping[str, str]) -> Region:
    changed = {key: _distinct([names.get(label, label) for label in part["value"].get(key, ())]) for key in _KEYS}
    value = {**part["value"], **{key: labels for key, labels in changed.items() if labels}}
    return {**part, "value": value}


def _distinct(values: Sequence[Target]) -> list[Target]:
    found: list[Target] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
