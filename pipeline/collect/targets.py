"""The answer in a row: which cell, what the source calls it, how sure it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.collect.params import RecordSource
from pipeline.core.numbers import as_number
from pipeline.core.record import Reject, Target
from pipeline.core.turns import is_nothing

#: A whole number written as a float.
_WHOLE = re.compile(r"-?\d+\.0+")


def is_missing(cell: object, settings: RecordSource) -> bool:
    """Whether the cell says nothing: null, NaN, or one of `missing_values`."""
    return is_nothing(cell) or (isinstance(cell, str) and cell in settings.missing_values)


def target_of(values: Mapping[str, object], settings: RecordSource) -> Target:
    """The answer in our words, None where there is none. Rejects: excluded_label."""
    cell = settings.target_value if settings.target is None else values.get(settings.target)
    if is_missing(cell, settings):
        return None
    if settings.target_separator and isinstance(cell, str):
        cell = [part.strip() for part in cell.split(settings.target_separator) if part.strip()]
    if isinstance(cell, list):
        return translated(cell, settings.labels)
    return translate(cell, settings.labels)


def translated(cells: list[object], labels: Mapping[str, str | None]) -> list[object]:
    """Several labels in our words. Of marked spans the label is translated; those `labels` excludes are not marked."""
    found = []
    for cell in cells:
        if not isinstance(cell, dict):
            found.append(translate(cell, labels))
        elif "label" not in cell:
            found.append(cell)
        elif labels.get(str(cell["label"]), "") is not None:
            found.append({**cell, "label": translate(cell["label"], labels)})
    return found


def translate(cell: object, labels: Mapping[str, str | None]) -> object:
    """A source's label in our words; as it is where `labels` does not name it. Rejects: excluded_label."""
    if not labels:
        return cell
    name = str(cell).lower() if isinstance(cell, bool) else str(cell)
    if name not in labels and _WHOLE.fullmatch(name):  # 1.0 in a column that has gaps, also as a CSV file keeps it
        name = name.partition(".")[0]
    if name not in labels:
        return cell
    label = labels[name]
    if label is None:
        raise Reject("excluded_label", f"'{name}' is excluded by `labels`")
    return label


def confidence_of(values: Mapping[str, object], settings: RecordSource) -> float | None:
    """How sure the source is, in [0, 1]; None where it does not say. Rejects: bad_confidence."""
    cell = values.get(settings.confidence) if settings.confidence else None
    if is_missing(cell, settings):
        return None
    try:
        value = as_number(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise Reject("bad_confidence", f"'{cell}' is not a number in [0, 1]")
    return value
