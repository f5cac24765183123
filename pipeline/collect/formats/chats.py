"""Formats `messages`, `sharegpt` and `alpaca`: chats in JSON (a list) or JSON Lines.

All give the column `messages`, a list of turns; the other columns stay as they are.
Role names are the task type's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from pipeline.collect.formats.json_rows import read_either
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt


def read_messages(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """`{"messages": [{"role", "content"}, ...]}`."""
    return _read(path, options, where, lambda row: row.get("messages"))


def read_sharegpt(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """`{"conversations": [{"from", "value"}, ...], "system": optional}`."""
    return _read(path, options, where, _from_sharegpt)


def read_alpaca(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """`{"instruction", "input", "output"}`, and optionally `system` and `history` (pairs).

    A row with `instances`, a list of {input, output} (self-instruct, BELLE), gives one row an instance.
    """
    return _turned(_instances(read_either(path, options, where)), _from_alpaca)


def _read(path: Path, options: FileOptions, where: str, turns: Callable[[Mapping[str, Any]], Any]) -> Iterator[AnyRow]:
    return _turned(read_either(path, options, where), turns)


def _are_objects(found: object) -> TypeGuard[list[dict[str, object]]]:
    return isinstance(found, list) and bool(found) and all(isinstance(one, dict) for one in found)


def _instances(rows: Iterable[AnyRow]) -> Iterator[AnyRow]:
    for row in rows:
        found = row.values.get("instances") if isinstance(row, Row) else None
        if isinstance(row, BadRow) or found is None:
            yield row
        elif _are_objects(found):
            rest = {name: value for name, value in row.values.items() if name != "instances"}
            yield from (Row(row.number, {**rest, **one}) for one in found)
        else:
            yield BadRow(row.number, "not_a_dialogue", "`instances` holds no objects", excerpt(row.values))


def _turned(rows: Iterable[AnyRow], turns: Callable[[Mapping[str, Any]], Any]) -> Iterator[AnyRow]:
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        messages = turns(row.values)
        if isinstance(messages, list):
            yield Row(row.number, {**row.values, "messages": messages})
        else:
            detail = f"no turns among the keys {', '.join(list(row.values)[:10])}"
            yield BadRow(row.number, "not_a_dialogue", detail, excerpt(row.values))


def _from_sharegpt(row: Mapping[str, Any]) -> Any:
    turns = row.get("conversations")
    return [*_system(row), *turns] if isinstance(turns, list) else None


def _are_pairs(history: object) -> TypeGuard[list[list[object]]]:
    return isinstance(history, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in history)


def _from_alpaca(row: Mapping[str, Any]) -> Any:
    instruction, output = row.get("instruction"), row.get("output")
    history = row.get("history") or []
    if not isinstance(instruction, str) or not _are_pairs(history):
        return None
    question = f"{instruction}\n\n{row['input']}" if row.get("input") else instruction
    talk = [*(turn for pair in history for turn in pair), question]
    talk += [output] if output is not None else []
    return [*_system(row), *({"role": ("user", "assistant")[n % 2], "content": turn} for n, turn in enumerate(talk))]


def _system(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "system", "content": row["system"]}] if row.get("system") else []
