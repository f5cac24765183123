"""Kinds of source by name. A new one: write its file, add its line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.collect.formats import FORMATS
from pipeline.collect.params import Common, Params, RecordSource
from pipeline.collect.rows import Part
from pipeline.collect.sources import crowd, documents, files, hub, pypi, sql, url
from pipeline.core.errors import PipelineError
from pipeline.core.registry import Entry, did_you_mean, pick, with_plugins
from pipeline.core.settings import parse

#: `(settings, the folder data/raw, the full key of the source)` -> its files, splits or queries with their rows.
Read = Callable[[Any, Path, str], Iterable[Part]]

_OWN: dict[str, Entry[Common, Read]] = {
    "files": Entry(files.FilesSettings, files.read),
    "pypi": Entry(pypi.PypiSettings, pypi.read),
    "hub": Entry(hub.HubSettings, hub.read),
    "sql": Entry(sql.SqlSettings, sql.read),
    "url": Entry(url.UrlSettings, url.read),
    "documents": Entry(documents.DocumentsSettings, documents.read),
    "crowd": Entry(crowd.CrowdSettings, crowd.read),
}

#: Ours, and those of installed packages.
KINDS = with_plugins(_OWN, "sft.sources")


def source_settings(name: str, values: Mapping[str, object]) -> Common:
    """The settings of one source, checked by the class of its kind."""
    where = setting(name)
    if "kind" not in values:
        raise PipelineError(f"{where}.kind is missing.", did_you_mean("", KINDS))
    kind = pick(KINDS, str(values["kind"]), f"{where}.kind")
    return _with_columns(parse(dict(values), kind.settings, where))


def read_sources(params: Params) -> dict[str, Common]:
    """The settings of every source. Raises PipelineError for the first that is not sound."""
    return {name: source_settings(name, values) for name, values in params.sources.items()}


def _with_columns(settings: Common) -> Common:
    """The settings with the columns filled in that their format always gives, where nothing else is said."""
    if not isinstance(settings, RecordSource):
        return settings
    format = FORMATS.get(str(getattr(settings, "format", None)))
    usual = {} if format is None else dict(format.columns)
    if settings.target_value is not None:
        usual.pop("target", None)
    unset = {name: column for name, column in usual.items() if getattr(settings, name) is None}
    return settings.model_copy(update=unset)


def setting(name: str) -> str:
    """The full key of a source, for errors."""
    return f"params.yaml: collect.sources.{name}"
