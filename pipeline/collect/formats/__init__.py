"""File formats. A format is a function `(path, options, where) -> rows, good and bad`.

Adding one: write its file, add its line to `FORMATS` and, where they apply, to `ENDINGS` and `COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.collect.formats import (
    chats,
    conll,
    delimited,
    dialogues,
    json_rows,
    label_studio,
    parallel,
    parquet,
    spans,
    squad,
    text_lines,
    tmx,
)
from pipeline.collect.params import FileOptions
from pipeline.collect.rows import AnyRow, Reader
from pipeline.core.errors import PipelineError
from pipeline.core.registry import pick

FORMATS: dict[str, Reader] = {
    "csv": delimited.read_csv,
    "tsv": delimited.read_tsv,
    "json": json_rows.read_json,
    "jsonl": json_rows.read_jsonl,
    "parquet": parquet.read,
    "lines": text_lines.read,
    "dialogues": dialogues.read,
    "messages": chats.read_messages,
    "sharegpt": chats.read_sharegpt,
    "alpaca": chats.read_alpaca,
    "label_studio": label_studio.read,
    "conll": conll.read,
    "spans": spans.read,
    "squad": squad.read,
    "parallel": parallel.read,
    "tmx": tmx.read,
}

#: File ending -> format, where no format is set. YAML and other endings say too little.
ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "lines",
}

#: Columns that a format always gives, as defaults of the settings that name columns.
COLUMNS: dict[str, dict[str, str]] = {
    "conll": {"target": "spans", "group": "document"},
    "spans": {"target": "spans"},
    "squad": {"target": "answers", "key": "id", "group": "context_id"},
    "tmx": {"target": "target"},
}


def check_format(options: FileOptions, where: str) -> None:
    """Raises PipelineError where `options.format` is unknown."""
    if options.format is not None:
        pick(FORMATS, options.format, f"{where}.format")


def read_file(path: Path, options: FileOptions, locator: str, where: str) -> Iterator[AnyRow]:
    """The rows of one file; `locator` names it in errors, `where` its source's settings."""
    name = options.format
    if name is None:
        ending = PurePosixPath(locator.removesuffix(".gz")).suffix.lower()
        name = ENDINGS.get(ending)
        if name is None:
            known = f"Known formats: {', '.join(sorted(FORMATS))}."
            raise PipelineError(f"{where}: the ending of {locator} names no format.", f"Set `format`. {known}")
    return pick(FORMATS, name, f"{where}.format")(path, options, f"{where}: {locator}")
