"""Kinds of source. A kind is a settings class and a function `(settings, raw, where) -> parts`.

Adding one: write its file, add its line to `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.collect.params import Common
from pipeline.collect.rows import Part
from pipeline.collect.sources import crowd, files, hub, pypi, sql, url
from pipeline.errors import PipelineError
from pipeline.registry import did_you_mean, pick
from pipeline.settings import parse


class Kind(NamedTuple):
    """What a kind of source is made of."""

    settings: type[Common]
    read: Callable[[Any, Path, str], Iterable[Part]]


KINDS: dict[str, Kind] = {
    "files": Kind(files.FilesSettings, files.read),
    "pypi": Kind(pypi.PypiSettings, pypi.read),
    "hub": Kind(hub.HubSettings, hub.read),
    "sql": Kind(sql.SqlSettings, sql.read),
    "url": Kind(url.UrlSettings, url.read),
    "crowd": Kind(crowd.CrowdSettings, crowd.read),
}


def source_settings(name: str, values: Mapping[str, Any]) -> Common:
    """The settings of one source, checked by the class of its kind."""
    where = setting(name)
    if "kind" not in values:
        raise PipelineError(f"{where}.kind is missing.", did_you_mean("", KINDS))
    kind = pick(KINDS, str(values["kind"]), f"{where}.kind")
    return parse(dict(values), kind.settings, where)


def setting(name: str) -> str:
    """The full key of a source, for errors."""
    return f"params.yaml: collect.sources.{name}"
