"""Rows with several right answers, such as the references of a translation: one record each, alike but for the answer.

They share their input, so they share a split, and all of them are learned from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pipeline.collect.nested_columns import with_nested
from pipeline.collect.params import RecordSource
from pipeline.collect.rows import AnyRow, Row
from pipeline.collect.targets import is_missing
from pipeline.core.settings import Task
from pipeline.tasks import has_free_answers


def takes_references(settings: RecordSource, task: Task) -> bool:
    """Whether a row may have several answers that are all right: where answers are free texts in a column."""
    return settings.target is not None and has_free_answers(task)


def one_row_a_reference(rows: Iterable[AnyRow], settings: RecordSource) -> Iterator[AnyRow]:
    """The rows, those with several answers once for each: a list in the `target`, more in the columns `references`."""
    for given in rows:
        row = with_nested(given, settings.named_columns().values()) if isinstance(given, Row) else given
        answers = _answers(row, settings) if isinstance(row, Row) else None
        if not isinstance(row, Row) or answers is None:
            yield row
            continue
        for part, answer in enumerate(answers or [None]):
            yield replace(row, values={**row.values, str(settings.target): answer}, part=part)


def _answers(row: Row, settings: RecordSource) -> list[str] | None:
    """The different texts that the row gives as answers; None where the target is no text and no list of texts."""
    first = row.values.get(str(settings.target))
    if isinstance(first, str) and settings.target_separator:
        first = [part.strip() for part in first.split(settings.target_separator)]
    given: list[Any] = list(first) if isinstance(first, list) else [first]
    given += map(row.values.get, settings.references)
    texts = [one for one in given if not is_missing(one, settings)]
    return list(dict.fromkeys(texts)) if _are_texts(texts) else None


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(one, str) for one in values)
