"""Kind `url`: one file at any address that fsspec knows: https, s3, gs, file, ..."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from pipeline.collect.formats import check_format, read_file
from pipeline.collect.params import FileOptions, RecordSource
from pipeline.collect.rows import Part
from pipeline.collect.sources.files import unpacked
from pipeline.collect.sources.local_addresses import check_chain, without_local_redirects
from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError, shorten

log = logging.getLogger("pipeline")

#: Where fsspec's chains part (`zip://a.csv::simplecache::https://host/x.zip`). A password or a query may hold `::` too.
_LINK = re.compile(r"::(?=(?:[a-z0-9+]+::)*(?:[a-z0-9+.-]+://|~?/|\.{1,2}/))")
_BARE = re.compile(r"[a-z0-9+]+")


class UrlSettings(RecordSource, FileOptions):
    """Where the file is. Credentials come from the environment, as the store's own tools have them."""

    url: str  # one file
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")  # pins the file; then it is fetched only once
    options: dict[str, Any] = Field(default_factory=dict)  # for fsspec, such as {anon: true}; no secrets here
    local: bool = False  # whether the address may lead to this machine or its link-local network, file:// included

    @property
    def is_live(self) -> bool:
        """A file that is not pinned may change under its address."""
        return self.sha256 is None


def read(settings: UrlSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part: the file, fetched into the cache; of a zip archive one for each member."""
    check_format(settings, where)
    try:
        locator = portable_address(settings.url)
    except ValueError as error:
        raise PipelineError(f"{where}.url: no address: {error}.", "Write it as scheme://host/path.") from None
    if not settings.local:
        check_chain(_LINK.split(settings.url), where)
    path = _fetch(settings, locator, where)
    zipped = path.suffix.lower() == ".zip" and "::" not in settings.url  # a chain has unpacked it
    for file, name in unpacked(path, locator, "*", where) if zipped else [(path, locator)]:
        yield Part(name, read_file(file, settings, name, where))


def portable_address(url: str) -> str:
    """The address without user, password and query (signed addresses carry secrets there) and local folders.

    In a chain of addresses every part is cleared of them.
    """
    *chained, last = _LINK.split(url)
    return "::".join([part if _BARE.fullmatch(part) else _portable(part) for part in chained] + [_portable(last)])


def _portable(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme in ("", "file", "local"):
        return f"file:{PurePosixPath(parts.path).name}"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _fetch(settings: UrlSettings, locator: str, where: str) -> Path:
    name = hashlib.sha256(settings.url.encode()).hexdigest()[:20]
    path = cache_folder() / "urls" / f"{name}{''.join(PurePosixPath(locator).suffixes[-2:])}"
    if settings.sha256 and path.is_file() and _sha256(path) == settings.sha256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        _download(settings, part, locator, where)
        found = _sha256(part)
        if settings.sha256 and found != settings.sha256:
            raise PipelineError(
                f"{where}: {locator} has sha256 {found}, expected {settings.sha256}.",
                "If the new file is the one you want, put its sha256 into params.yaml.",
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if not settings.sha256:
        log.warning("%s: %s is not pinned, so a rerun may differ; pin it with sha256: %s", where, locator, found)
    return path


def _download(settings: UrlSettings, part: Path, locator: str, where: str) -> None:
    import fsspec

    try:
        options = settings.options if settings.local else without_local_redirects(settings.url, settings.options, where)
        with fsspec.open(settings.url, "rb", **options) as source, part.open("wb") as target:
            shutil.copyfileobj(source, target)
    except ImportError as error:
        raise PipelineError(f"{where}: {locator} needs another package: {error}", "Install it and run again.") from None
    except Exception as error:  # every store raises errors of its own
        if isinstance(error.__cause__ or error, PipelineError):
            raise (error.__cause__ or error) from None  # a redirect that was refused
        # The store's message may quote the whole address, secrets included.
        message = str(error).replace(settings.url, locator)
        for address in _LINK.split(settings.url):
            message = message.replace(address, portable_address(address)) if "://" in address else message
        message = shorten(message, 200)
        raise PipelineError(
            f"{where}: {locator} cannot be fetched: {type(error).__name__}: {message}",
            "Check the address, the network and the credentials in the environment.",
        ) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
