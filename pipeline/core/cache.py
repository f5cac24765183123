"""Results of costly per-record work, kept by content: what was computed once is not computed again.

One SQLite file (`.cache/records.sqlite`, or under `$SFT_CACHE`) maps a key made of the
step, the model's revision, the parameters and the input text to the result's bytes. A
crash loses at most the batch in flight; several runs may share the file. Results carry a
checksum: a damaged one is computed again, and a damaged file is set aside and begun anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.progress import Progress

log = logging.getLogger("pipeline")

_QUERY_ROWS = 500  # a guess: not measured


class Unkept(bytes):
    """A result that holds for this run only, such as a service's refusal: it is not stored."""


def cache_folder() -> Path:
    """Where caches live: `$SFT_CACHE`, else `.cache` in the project's root."""
    return Path(os.environ.get("SFT_CACHE", ".cache"))


def key(*parts: str) -> bytes:
    """The 16-byte key of a result: everything that it depends on must be among `parts`."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).digest()


def cached(
    step: str,
    version: str,
    inputs: Sequence[str],
    compute: Callable[[list[str]], Sequence[bytes]],
    batch: int = 256,
    show_progress: bool = True,
) -> list[bytes]:
    """One result for each of `inputs`, computed only where the cache has none.

    `version` names the model revision and the parameters. `compute` gets at most `batch`
    distinct inputs, longest first so that a batch holds similar lengths, and its results (but
    for `Unkept` ones) are stored after every batch: an interrupted run goes on where it stopped.
    """
    keys = [key(step, version, text) for text in inputs]
    with _open() as connection:
        found = dict(_look_up(connection, sorted(set(keys))))
        missing = {k: text for k, text in zip(keys, inputs, strict=True) if k not in found}
        todo = sorted(missing.items(), key=lambda item: (-len(item[1]), item[0]))
        progress = Progress(f"results of {step}", len(todo))
        for start in range(0, len(todo), batch):
            part = todo[start : start + batch]
            names, texts = zip(*part, strict=True)
            fresh = dict(zip(names, compute(list(texts)), strict=True))
            _store(connection, step, fresh)
            found |= fresh
            if show_progress:
                progress.add(len(part))
    return [found[k] for k in keys]


def _store(connection: sqlite3.Connection, step: str, fresh: Mapping[bytes, bytes]) -> None:
    rows = [(k, step, result, _sum(result)) for k, result in fresh.items() if not isinstance(result, Unkept)]
    with connection:
        connection.executemany(_INSERT, rows)
        connection.executemany("INSERT OR REPLACE INTO ages VALUES (?, ?)", [(k, _today()) for k, *_ in rows])


def known(step: str, version: str, inputs: Sequence[str]) -> dict[str, bytes]:
    """The results that the cache has, by input; for work whose results come one by one (see `keeping`)."""
    keys = {key(step, version, text): text for text in inputs}
    with _open() as connection:
        return {keys[found]: result for found, result in _look_up(connection, sorted(keys))}


@contextmanager
def keeping(step: str, version: str) -> Iterator[Callable[[str, bytes], None]]:
    """A function that stores the result of one input at once: whatever happens to the run, it is not computed again."""
    with _open() as connection:

        def keep(text: str, result: bytes) -> None:
            name = key(step, version, text)
            with connection:
                connection.execute(_INSERT, (name, step, result, _sum(result)))
                connection.execute("INSERT OR REPLACE INTO ages VALUES (?, ?)", (name, _today()))

        yield keep


def holds(step: str, version: str, text: str) -> bool:
    """Whether the cache has the result for this input."""
    with _open() as connection:
        return any(_look_up(connection, [key(step, version, text)]))


def usage() -> list[tuple[str, int, int]]:
    """(step, results, bytes) of every step, largest first."""
    question = "SELECT step, COUNT(*), SUM(LENGTH(key) + LENGTH(value)) AS size FROM results GROUP BY step"
    with _open() as connection:
        return connection.execute(f"{question} ORDER BY size DESC, step").fetchall()


def trim(step: str | None = None, days: float | None = None, size: int | None = None) -> int:
    """Remove results of `step` (None: any), older than `days`, then oldest first until `size` bytes are left.

    Returns how many were removed. Whatever is needed again is computed again.
    """
    question = (
        "SELECT results.key, COALESCE(day, 0), LENGTH(results.key) + LENGTH(value)"
        " FROM results LEFT JOIN ages USING (key) WHERE step = COALESCE(?, step) ORDER BY 2, 1"
    )
    with _open() as connection:
        rows = connection.execute(question, (step,)).fetchall()
        left = sum(row[2] for row in rows)
        gone = []
        for name, day, weight in rows:
            if _is_spare(_today() - day, left, days, size):
                gone.append((name,))
                left -= weight
        with connection:
            connection.executemany("DELETE FROM results WHERE key = ?", gone)
            connection.executemany("DELETE FROM ages WHERE key = ?", gone)
        connection.execute("VACUUM")
    return len(gone)


def forget(step: str, days: float) -> None:
    """Remove results of `step` stored more than `days` days ago. The file keeps its size; others get the room."""
    old = "SELECT results.key FROM results LEFT JOIN ages USING (key) WHERE step = ? AND COALESCE(day, 0) < ?"
    with _open() as connection, connection:
        gone = connection.execute(old, (step, _today() - days)).fetchall()
        connection.executemany("DELETE FROM results WHERE key = ?", gone)
        connection.executemany("DELETE FROM ages WHERE key = ?", gone)


def _is_spare(age: int, left: int, days: float | None, size: int | None) -> bool:
    if days is None and size is None:
        return True
    return (days is not None and age > days) or (size is not None and left > size)


def _today() -> int:
    return int(time.time() // 86_400)


_INSERT = "INSERT OR REPLACE INTO results (key, step, value, checksum) VALUES (?, ?, ?, ?)"


def _sum(result: bytes) -> bytes:
    return hashlib.blake2b(result, digest_size=8).digest()


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    file = _folder() / "records.sqlite"
    try:
        with closing(_connected(file)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        if _is_damaged(error):
            _set_aside(file, error)
            raise PipelineError(f"{file}: was damaged and is set aside.", "Run the same command again.") from None
        raise PipelineError(f"{file}: {error}.", _ROOM) from None


def _folder() -> Path:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise PipelineError(f"{folder}: a file stands where results are kept in a folder.", _MOVE) from None
    except PermissionError:
        raise PipelineError(f"{folder}: this user may not make this folder.", _MOVE) from None
    return folder


_MOVE = "Move it away, or set SFT_CACHE to a folder that may be written."
_ROOM = "Make room, or see who may write there; SFT_CACHE names another folder. Results so far are kept."


def _connected(file: Path) -> sqlite3.Connection:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return _prepared(file)
        except sqlite3.DatabaseError as error:
            if _is_damaged(error):
                _set_aside(file, error)
                return _prepared(file)
            # SQLite does not wait where two processes make one new file at the same moment: both would wait for ever.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


#: Seconds: how long another process that begins the file is waited for, between two tries. Guesses: not measured.
_PATIENCE, _PAUSE = 30.0, 0.05


def _prepared(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=120)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, step TEXT, value BLOB, checksum BLOB)"
            " WITHOUT ROWID"
        )
        if "checksum" not in {row[1] for row in connection.execute("PRAGMA table_info(results)")}:
            connection.execute("ALTER TABLE results ADD COLUMN checksum BLOB")  # of an earlier version
        connection.execute("CREATE TABLE IF NOT EXISTS ages (key BLOB PRIMARY KEY, day INTEGER) WITHOUT ROWID")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is no database, or one with broken pages; not: locked, full, read-only."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _set_aside(file: Path, error: sqlite3.DatabaseError) -> None:
    """Rename the file, whose results are computed again; say so."""
    aside = file.with_name(f"{file.name}.damaged")
    for ending in ("", "-wal", "-shm"):
        part = file.with_name(file.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    log.warning("%s: damaged (%s); set aside as %s, what it held is computed again", file, error, aside.name)


def _look_up(connection: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(keys), _QUERY_ROWS):
        part = keys[start : start + _QUERY_ROWS]
        marks = ",".join("?" * len(part))
        question = f"SELECT key, value, checksum FROM results WHERE key IN ({marks})"
        for name, value, checksum in connection.execute(question, part):
            if checksum is None or checksum == _sum(value):  # None: kept by an earlier version
                yield name, value
