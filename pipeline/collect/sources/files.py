"""Kind `files`: files by glob, under data/raw (versioned by DVC) or anywhere."""

from __future__ import annotations

import glob
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipeline.collect.formats import check_format, read_file
from pipeline.collect.params import FileOptions, RecordSource
from pipeline.collect.rows import AnyRow, Part, Row, most_bytes, storable
from pipeline.core.archives import members_of
from pipeline.core.errors import PipelineError, shorten

#: The column that holds the name of a row's folder: `target: "{folder}"`.
FOLDER = "{folder}"
#: Text files of one source that make a person wonder whether lines are meant. A guess: not measured.
_MANY = 20

log = logging.getLogger("pipeline")


class FilesSettings(RecordSource, FileOptions):
    """`path` is relative to data/raw, or absolute, or begins with `~` or `..` (then relative to the project)."""

    path: str  # a glob; `**` crosses folders; of zip archives all members, or `a.zip!*.csv` some


def read(settings: FilesSettings, raw: Path, where: str) -> Iterator[Part]:
    """One part a file, in the order of their names."""
    check_format(settings, where)
    found = find_files(settings.path, raw, where)
    if settings.format in ("lines", None) and len(found) >= _MANY and all(p.suffix == ".txt" for p, _ in found):
        log.warning(
            "%s: %d text files, and each line of them becomes a record. If each file is one text: `format: document`",
            where,
            len(found),
        )
    named = FOLDER in (*settings.fields.values(), *settings.named_columns().values())
    for path, locator in found:
        rows = read_file(path, settings, locator, where)
        folder = PurePosixPath(locator.replace(".zip!", ".zip/")).parent.name or path.parent.name
        yield Part(locator, _with_folder(rows, folder) if named else rows)


def _with_folder(rows: Iterable[AnyRow], folder: str) -> Iterator[AnyRow]:
    """The rows with the name of their file's folder in the column `{folder}`."""
    for row in rows:
        yield replace(row, values={**row.values, FOLDER: folder}) if isinstance(row, Row) else row


def _matches(pattern: Path) -> list[Path]:
    """Files in the order of their names, without what DVC keeps beside them."""
    found = sorted(Path(name) for name in glob.glob(str(pattern), recursive=True))
    return [path for path in found if path.is_file() and path.suffix != ".dvc"]


def find_files(pattern: str, raw: Path, where: str) -> list[tuple[Path, str]]:
    """The files that match, those of zip archives too, each with a locator that is the same on every machine."""
    outer, _, inner = pattern.partition("!") if ".zip!" in pattern else (pattern, "", "")
    found = []
    for path, locator in _found(outer, raw, where):
        found += unpacked(path, locator, inner or "*", where) if path.suffix.lower() == ".zip" else [(path, locator)]
    return found


def unpacked(path: Path, locator: str, pattern: str, where: str) -> list[tuple[Path, str]]:
    """The members of a zip archive that match, unpacked; their locators are `archive!member`."""
    members = members_of(path, pattern, most_bytes(path.stat().st_size), where)
    return [(inside, storable(f"{locator}!{name}")) for name, inside in members]


def _found(pattern: str, raw: Path, where: str) -> list[tuple[Path, str]]:
    base, below = _base(pattern, raw, where)
    try:
        found = _matches(base / below)
    except (OSError, ValueError, RecursionError) as error:  # a name that no file system takes
        raise PipelineError(f"{where}.path: '{shorten(pattern)}': {error}.", "Name a file or a glob.") from None
    if not found:
        raise PipelineError(f"{where}.path: no file matches '{pattern}'.", _why(base, below, raw))
    if not base.resolve().is_relative_to(raw.resolve()):
        log.warning(
            "%s: '%s' is outside %s: DVC does not see it change. Move it there, or force a run: dvc repro -f collect",
            where,
            pattern,
            raw.name,
        )
        return [(path, storable(f"{base.resolve().name}/{path.relative_to(base).as_posix()}")) for path in found]
    # Only the base is resolved: a file itself may be a link into DVC's cache.
    top = base.resolve().relative_to(raw.resolve())
    return [(path, storable((top / path.relative_to(base)).as_posix())) for path in found]


def _base(pattern: str, raw: Path, where: str) -> tuple[Path, str]:
    """The folder that the pattern starts in (no wildcard in it) and the rest."""
    try:
        given = Path(pattern).expanduser()
    except RuntimeError:
        raise PipelineError(f"{where}.path: '{pattern}': no such user's home folder.", "Write the path out.") from None
    if pattern.startswith(f"{raw.as_posix()}/"):
        given = raw / pattern.removeprefix(f"{raw.as_posix()}/")
    elif not given.is_absolute() and not pattern.startswith(".."):
        given = raw / pattern
    parts = given.parts
    plain = next((n for n, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:plain]), str(Path(*parts[plain:]))


def _why(base: Path, below: str, raw: Path) -> str:
    try:
        if not base.is_dir():
            return f"The folder '{base.name}' does not exist; relative paths are looked for in {raw.name}."
        if list(base.glob(f"{below}.dvc")):
            return "DVC knows the file but it is not here: run `dvc pull`."
        names = sorted(path.name for path in base.iterdir() if not path.name.startswith("."))[:10]
    except OSError as error:
        return f"The path cannot be looked up: {error.strerror}."
    return f"The folder '{base.name}' holds: {', '.join(names) or 'nothing'}."
