"""Kind `crowd`: votes of many people on the records of another source. Votes make no records of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from pipeline.collect.formats import check_format, read_file
from pipeline.collect.params import Common, FileOptions
from pipeline.collect.rows import Part
from pipeline.collect.sources.files import find_files


class CrowdSettings(Common, FileOptions):
    """Whose records the votes are on, and which columns hold what."""

    of: str  # the source voted on; votes name its records by their `key` (or by record id)
    path: str  # a glob, as for kind `files`; csv, jsonl, ..., or `format: label_studio` for an export
    item: str = "item"  # column: the key of the record; for label_studio a key of the task's data
    worker: str = "worker"  # column: who voted
    label: str = "label"  # column: the vote; not read for label_studio, whose answers are the task's own
    label_separator: str | None = Field(default=None, min_length=1)  # splits a cell that holds several labels
    time: str | None = None  # column: when
    labels: dict[str, str | None] = Field(default_factory=dict)  # vote -> our label; null quarantines the vote


def read(settings: CrowdSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part a file."""
    check_format(settings, where)
    for path, locator in find_files(settings.path, raw, where):
        yield Part(locator, read_file(path, settings, locator, where))
