"""Rows whose columns hold more than a cell: nested objects (`translation.en`), JSON as text, tokens with their tags."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from pipeline.collect.formats.conll import joined_tokens, spans_of
from pipeline.collect.formats.json_elements import decoded
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.text.scripts import UNSPACED_LETTER


def with_nested(row: Row, columns: Iterable[str]) -> Row:
    """The row with a value for each column named by a dotted path that leads into its objects, as JSON text too."""
    found = {name: _at(row.values, name) for name in columns if "." in name and name not in row.values}
    return replace(row, values={**row.values, **found}) if found else row


def with_decoded(row: Row, column: str | None, names: Container[object] = ()) -> Row:
    """The row with a list or object that its column holds as JSON text (`["a", "b"]` in a CSV file); no known name."""
    cell = row.values.get(column) if column is not None else None
    value = cell if isinstance(cell, str) and cell in names else decoded(cell)
    return row if value is cell else replace(row, values={**row.values, str(column): value})


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _joiner(tokens: Sequence[str]) -> str:
    """What stands between tokens: nothing where more than a fifth of them are of a script without spaces."""
    return "" if sum(bool(UNSPACED_LETTER.search(token)) for token in tokens) * 5 > len(tokens) else " "


def with_spans(row: Row, text: str, target: str | None, labels: Mapping[str, str | None]) -> AnyRow:
    """A row whose columns `text` and `target` hold tokens and tags, with the text joined and spans in their place.

    Tags are words (B-PER, O) or numbers that `labels` names. Bad rows: unequal_tags, unnamed_tag.
    """
    if isinstance(decoded(row.values.get(text)), list):
        row = with_decoded(row, text)
    tokens = row.values.get(text)
    tags = row.values.get(target) if target is not None else None
    if not _is_texts(tokens):
        return row
    joiner = _joiner(tokens)
    if target is None or not isinstance(tags, list):
        return replace(row, values={**row.values, text: joiner.join(tokens)})
    if len(tags) != len(tokens):
        return BadRow(row.number, "unequal_tags", f"{len(tokens)} tokens, {len(tags)} tags", excerpt(dict(row.values)))
    named = [labels.get(str(tag), tag) or "O" for tag in tags]
    unnamed = [tag for tag in named if not isinstance(tag, str)]
    if unnamed:
        detail = f'the tag {unnamed[0]} is a number; name each in `labels`, such as {{"0": O, "1": B-PER}}'
        return BadRow(row.number, "unnamed_tag", detail, excerpt(dict(row.values)))
    found, _ = spans_of(list(map(str, named)))
    whole, spans = joined_tokens(tokens, found, joiner)
    return replace(row, values={**row.values, text: whole, target: spans})


def _at(values: Mapping[str, object], path: str) -> object:
    value: Any = values
    for key in path.split("."):
        value = decoded(value) if isinstance(value, str) else value
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
