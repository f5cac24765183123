"""Texts that people name on the command line: passages, triples, lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.json_types import JsonObject

_TRIPLE = ("subject", "predicate", "object")


def read_passages(path: Path) -> Iterator[str]:
    """Paragraphs of a `.txt`, texts or triples of a `.jsonl`, triples of a `.tsv`; PipelineError names a bad line."""
    reader = _READERS.get(path.suffix)
    if reader is None:
        raise PipelineError(f"{path}: unknown kind of file.", f"Its name ends in one of {', '.join(_READERS)}.")
    return (text for text in reader(path) if text.strip())


def _paragraphs(path: Path) -> Iterator[str]:
    return (part.strip() for part in _read(path).split("\n\n"))


def _from_json(path: Path) -> Iterator[str]:
    for number, row in json_lines(path):
        if all(row.get(name) for name in _TRIPLE):
            yield " ".join(str(row[name]) for name in _TRIPLE)
        elif row.get("text"):
            yield str(row["text"]).strip()
        else:
            raise PipelineError(
                f"{path}, line {number}: neither `text` nor {', '.join(_TRIPLE)}.", "Name the columns so."
            )


def _triples(path: Path) -> Iterator[str]:
    for number, line in enumerate(_read(path).split("\n"), 1):
        cells = [cell.strip() for cell in line.split("\t")]
        if line.strip() and (len(cells) != len(_TRIPLE) or not all(cells)):
            raise PipelineError(
                f"{path}, line {number}: no triple: {shorten(line)}", "Three columns, tabs between them."
            )
        yield " ".join(cells)


#: Ending of the file -> its passages.
_READERS: dict[str, Callable[[Path], Iterator[str]]] = {".txt": _paragraphs, ".jsonl": _from_json, ".tsv": _triples}


def json_lines(path: Path) -> Iterator[tuple[int, JsonObject]]:
    """Number and object of each line that is not empty."""
    for number, line in enumerate(_read(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise PipelineError(f"{path}, line {number}: no JSON object: {shorten(line)}", "One object a line.")
        yield number, row


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} cannot be read: {shorten(error)}", "Name a UTF-8 text file.") from None
