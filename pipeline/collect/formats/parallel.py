"""Format `parallel`: aligned text files, line n of each belongs together. `beside` names the other ones.

The file at `path` gives the column `text`; `beside: {target: .zh}` adds the column `target` from the file of the same
name with the ending `.zh` (or from a path, such as `../zh/train.txt`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from pipeline.collect.formats.text_lines import lines, undecodable
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, BadRow, Row, excerpt
from pipeline.core.errors import PipelineError

log = logging.getLogger("pipeline")


def _paths(path: Path, options: FileOptions, where: str) -> dict[str, Path]:
    """Column -> the file that holds it."""
    if not options.beside:
        raise PipelineError(f"{where}: `format: parallel` needs `beside`.", "Such as `beside: {target: .zh}`.")
    return {"text": path} | {column: _other(path, name, where) for column, name in options.beside.items()}


def read(path: Path, options: FileOptions, where: str) -> Iterator[AnyRow]:
    """One row a line; lines that are blank in every file are no rows.

    Bad rows: undecodable, nul_byte, empty_side, no_counterpart (beyond the end of the shortest file).
    """
    paths = _paths(path, options, where)
    readers = [_texts(file, options, f"{where} ({column})") for column, file in paths.items()]
    uneven = False
    for number, texts in enumerate(zip_longest(*readers), 1):
        uneven = uneven or None in texts
        if "".join(filter(None, texts)).strip():
            yield _row(number, dict(zip(paths, texts, strict=True)), options)
    if uneven:
        names = ", ".join(file.name for file in paths.values())
        log.warning("%s: %s differ in length: if a line is missing inside, all after it are mismatched", where, names)


def _texts(path: Path, options: FileOptions, where: str) -> Iterator[str]:
    return (line.rstrip("\r\n") for _, line in lines(path, options, where))


def _row(number: int, texts: dict[str, str | None], options: FileOptions) -> AnyRow:
    raw = excerpt(" ||| ".join(text or "" for text in texts.values()))
    for column, text in texts.items():
        if text is None:
            return BadRow(number, "no_counterpart", f"the file of '{column}' ended before", raw)
        bad = undecodable(number, text, options)
        if bad:
            return bad
        if not text.strip():
            return BadRow(number, "empty_side", f"'{column}' is blank", raw)
    return Row(number, texts)


def _other(path: Path, name: str, where: str) -> Path:
    is_ending = name.startswith(".") and "/" not in name
    stem = path.name.removesuffix(".gz").rpartition(".")[0]
    other = path.parent / (f"{stem}{name}" if is_ending else name)
    if not other.is_file():
        raise PipelineError(
            f"{where}: beside: no file '{other.name}' beside {path.name}.", "Give its ending, or a path."
        )
    return other
