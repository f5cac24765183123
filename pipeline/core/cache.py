"""Results of costly per-record work, kept by content: what was computed once is not computed again.

One SQLite file (`.cache/records.sqlite`, or under `$SFT_CACHE`) maps a key made of the
step, the model's revision, the parameters and the input text to the result's bytes. A
crash loses at most the batch in flight; several runs may share the file.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

_QUERY_ROWS = 500


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
        for start in range(0, len(todo), batch):
            part = todo[start : start + batch]
            names, texts = zip(*part, strict=True)
            fresh = dict(zip(names, compute(list(texts)), strict=True))
            _store(connection, step, fresh)
            found |= fresh
            if show_progress:
                _progress(step, start + len(part), len(todo), batch)
    return [found[k] for k in keys]


def _store(connection: sqlite3.Connection, step: str, fresh: Mapping[bytes, bytes]) -> None:
    rows = [(k, step, result) for k, result in fresh.items() if not isinstance(result, Unkept)]
    with connection:
        connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
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
                connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (name, step, result))
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


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "records.sqlite", timeout=120)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, step TEXT, value BLOB) WITHOUT ROWID"
        )
        connection.execute("CREATE TABLE IF NOT EXISTS ages (key BLOB PRIMARY KEY, day INTEGER) WITHOUT ROWID")
        yield connection


def _look_up(connection: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(keys), _QUERY_ROWS):
        part = keys[start : start + _QUERY_ROWS]
        marks = ",".join("?" * len(part))
        yield from connection.execute(f"SELECT key, value FROM results WHERE key IN ({marks})", part)


def _progress(step: str, done: int, total: int, batch: int) -> None:
    """On a terminal, where there is more than one batch: callers make batches as large as seconds allow."""
    if sys.stderr.isatty() and total > batch:
        sys.stderr.write(f"\r{step}: {done:,} of {total:,}" + ("\n" if done == total else ""))
        sys.stderr.flush()
