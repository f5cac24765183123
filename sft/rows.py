"""Rows as users have them (a DataFrame, a Dataset, a list of dictionaries), and what a step made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

from pipeline.clean.step import ReviewItem
from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from datasets import Dataset
    from pandas import DataFrame

    AnyRows: TypeAlias = DataFrame | Dataset | Sequence[Mapping[str, object]]

Rows = TypeVar("Rows")


@dataclass(frozen=True)
class Edit:
    """One value that a step changed: in which row (from 0) and column, before and after as JSON."""

    row: int
    column: str
    before: str
    after: str
    step: str


@dataclass(frozen=True)
class Result(Generic[Rows]):
    """What became of rows; `kept` and `dropped` are of the kind that came in, and together are all of it.

    `kept` has the steps' edits, and beside the own columns those that steps set: `group` and `split`. `dropped` has
    `step`, `reason`, `detail` and the number of the row that it repeats (`other_row`) beside the row as it came.
    `review` is what the steps would ask a person, by row number. `notes` are the steps' own figures, by step.
    """

    kept: Rows
    dropped: Rows
    edits: list[Edit]
    review: list[tuple[int, ReviewItem]]
    notes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def as_dicts(rows: AnyRows) -> list[dict[str, object]]:
    """The rows as dictionaries. Raises PipelineError for anything else than the three kinds."""
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):  # a DataFrame
        frame = cast("DataFrame", rows)
        found = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return [{str(name): value for name, value in row.items()} for row in found]
    if hasattr(rows, "to_list") and hasattr(rows, "features"):  # a Dataset
        return cast("list[dict[str, object]]", cast("Dataset", rows).to_list())
    if isinstance(rows, Iterable) and not isinstance(rows, str | bytes | Mapping):
        listed: list[object] = [*rows]
        if all(isinstance(row, Mapping) for row in listed):
            return [{str(name): v for name, v in cast("Mapping[str, object]", row).items()} for row in listed]
    raise PipelineError(
        f"Rows of type {type(rows).__name__} are not known.", "Give a DataFrame, a Dataset or a list of dictionaries."
    )


def like(rows: Sequence[Mapping[str, object]], given: Rows) -> Rows:
    """Rows as the kind of table that `given` is."""
    if hasattr(given, "to_dict") and hasattr(given, "columns"):
        import pandas as pd

        return cast("Rows", pd.DataFrame(list(rows)))
    if hasattr(given, "to_list") and hasattr(given, "features"):
        from datasets import Dataset

        return cast("Rows", Dataset.from_list([dict(row) for row in rows]))
    return cast("Rows", [dict(row) for row in rows])
