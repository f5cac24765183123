"""Zip archives: their members by glob, unpacked once, each under a name that says where it came from."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.core.cache import cache_folder
from pipeline.core.errors import PipelineError, shorten

#: What zipfile raises: damaged data, a bad checksum, a password (RuntimeError), a method it does not know.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


def open_zip(file: Path | io.BytesIO, name: str, where: str) -> zipfile.ZipFile:
    """The archive. Raises PipelineError where it is none."""
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise PipelineError(
            f"{where}: {name} is not a zip archive.", "Name a member after `!` only in a zip."
        ) from None


def matching(archive: zipfile.ZipFile, pattern: str) -> Iterator[str]:
    """Names of the members that a glob matches, in order; a name that the archive holds twice once."""
    yield from sorted({n for n in archive.namelist() if not n.endswith("/") and fnmatch.fnmatchcase(n, pattern)})


def unpack(archive: zipfile.ZipFile, name: str, path: Path, where: str) -> Path:
    """The member unpacked as `path`. Raises PipelineError where it is damaged or points outside."""
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise PipelineError(f"{archive.filename}: the member '{name}' points outside the archive.")
    size = archive.getinfo(name).file_size
    if not path.is_file() or path.stat().st_size != size:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise PipelineError(
                f"{where}: the member '{name}' needs a folder where another member is a file.", "Name one of them."
            ) from None
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with archive.open(name) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target)
        except DAMAGED as error:
            part.unlink(missing_ok=True)
            raise PipelineError(
                f"{where}: the member '{name}' cannot be unpacked: {shorten(error)}",
                "Is the archive whole, and without a password?",
            ) from None
        part.replace(path)
    return path


def members_of(path: Path, pattern: str, most: int, where: str) -> list[tuple[str, Path]]:
    """The files of an archive that `pattern` matches, as (name in the archive, local path), unpacked into the cache.

    What systems put beside files (`__MACOSX/`, hidden files) is none. Raises PipelineError where nothing matches, or
    where the members would unpack to more than `most` bytes.
    """
    with path.open("rb") as file:
        folder = cache_folder() / "archives" / hashlib.file_digest(file, "sha256").hexdigest()[:20]
    with open_zip(path, path.name, where) as archive:
        names = [name for name in matching(archive, pattern) if not _beside(name)]
        if not names:
            held = ", ".join(map(shorten, archive.namelist()[:5])) or "nothing"
            raise PipelineError(f"{where}: {path.name} has no member '{pattern}'.", f"It holds: {held}.")
        if sum(archive.getinfo(name).file_size for name in names) > most:
            raise PipelineError(f"{where}: {path.name} unpacks to more than {most:,} bytes.", "Unpack it yourself.")
        return [(name, unpack(archive, name, folder / name, where)) for name in names]


def _beside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".")
