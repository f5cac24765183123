"""File formats by name. A new one: write its file, add its line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipeline.collect.formats import (
    benchmark,
    chats,
    conll,
    delimited,
    dialogues,
    documents,
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
from pipeline.core.registry import Entry, pick
from pipeline.dialects import DIALECTS


@dataclass(frozen=True)
class Format(Entry[FileOptions, Reader]):
    """A format: the options, and a reader `(path, options, where) -> rows, good and bad`."""

    endings: tuple[str, ...] = ()  # files so named are of this format, where none is set; a format may have none
    columns: Mapping[str, str] = field(default_factory=dict)  # setting -> column that files of this format always have


FORMATS: dict[str, Format] = {
    "csv": Format(FileOptions, delimited.read_csv, endings=(".csv",)),
    "tsv": Format(FileOptions, delimited.read_tsv, endings=(".tsv",)),
    "json": Format(FileOptions, json_rows.read_json, endings=(".json",)),
    "jsonl": Format(
        FileOptions,
        json_rows.read_jsonl,
        endings=(
            ".jsonl",
            ".ndjson",
        ),
    ),
    "parquet": Format(FileOptions, parquet.read, endings=(".parquet",)),
    "lines": Format(FileOptions, text_lines.read, endings=(".txt",)),
    "dialogues": Format(FileOptions, dialogues.read),
    **{name: Format(FileOptions, chats.read) for name in DIALECTS},
    "alpaca": Format(FileOptions, chats.read_instances),
    "label_studio": Format(FileOptions, label_studio.read),
    "conll": Format(FileOptions, conll.read, columns={"target": "spans", "group": "document"}),
    "spans": Format(FileOptions, spans.read, columns={"target": "spans"}),
    "squad": Format(FileOptions, squad.read, columns={"target": "answers", "key": "id", "group": "context_id"}),
    "benchmark": Format(FileOptions, benchmark.read, columns={"key": "item"}),
    "document": Format(FileOptions, documents.read_document),
    "eml": Format(FileOptions, documents.read_eml, endings=(".eml",)),
    "mbox": Format(FileOptions, documents.read_mbox, endings=(".mbox", ".mbx")),
    "xlsx": Format(FileOptions, documents.read_xlsx, endings=(".xlsx",)),
    "parallel": Format(FileOptions, parallel.read),
    "tmx": Format(FileOptions, tmx.read, columns={"target": "target"}),
}

_BY_ENDING = {ending: name for name, format in FORMATS.items() for ending in format.endings}


def check_format(options: FileOptions, where: str) -> None:
    """Raises PipelineError where `options.format` is unknown."""
    if options.format is not None:
        pick(FORMATS, options.format, f"{where}.format")


def read_file(path: Path, options: FileOptions, locator: str, where: str) -> Iterator[AnyRow]:
    """The rows of one file; `locator` names it in errors, `where` its source's settings."""
    name = options.format
    if name is None:
        ending = PurePosixPath(locator.removesuffix(".gz")).suffix.lower()
        name = _BY_ENDING.get(ending)
        if name is None:
            known = f"Known formats: {', '.join(sorted(FORMATS))}."
            choose = "Choose members (`path: a.zip!*.csv`), or set" if "!" in locator else "Set"
            raise PipelineError(f"{where}: the ending of {locator} names no format.", f"{choose} `format`. {known}")
    return pick(FORMATS, name, f"{where}.format").function(path, options, f"{where}: {locator}")
