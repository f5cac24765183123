"""Results of work on parts of a table, kept by content: what is as it was in an earlier run is not worked on again.

A result hangs on the function with its arguments, the rows of its part, this program's code and the installed packages:
all of them are in its key. Parts are cut where ids begin with certain digits, so that a row that comes, goes or changes
touches its own part alone. Entries carry a checksum: what is broken is computed again.
"""

from __future__ import annotations

import hashlib
import pickle
import sysconfig
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, cast

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.cache import forget, keeping, known
from pipeline.core.settings import Settings
from pipeline.runtime.engine import Engine, Work, packed, unpacked
from pipeline.runtime.parts import parts_of
from pipeline.runtime.shards import bounds

Result = TypeVar("Result")

#: The name of these results in the cache, as `sft cache` shows it.
STEP = "parts of tables"
#: Smaller tables are worked on at once: to look up would take as long.
FEWEST_ROWS = 2000
#: Days after which results are removed: those of settings that were tried out.
DAYS = 7

_SUM = 16
_MOST_BYTES = 2**28  # that wait at once, and of a result that is kept
_MOST_RANGES = 4096


def map_parts(engine: Engine, work: Work[Result], table: pa.Table, ids: pa.ChunkedArray) -> Iterator[Result]:
    """`work` on each part of the table, results in order, wherever the engine runs it and only where none is known.

    `ids` are those of the table's rows. What cannot be pickled is not kept.
    """
    version = _version(work) if table.num_rows >= FEWEST_ROWS else None
    if version is None:
        yield from engine.map(work, table)
        return
    for window in _windows(_by_id(table, ids, engine.rows), engine.window):
        yield from _window(engine, work, window, version)


def kept(name: str, inputs: object, compute: Callable[[], Result]) -> Result:
    """What `compute` gives for `inputs`, which must pickle to the same bytes in every run."""
    version = _version((name, inputs))
    blob = known(STEP, version or "", [name]).get(name) if version else None
    found = _opened(blob) if blob else None
    if found is not None:
        return cast("Result", found[0])
    result = compute()
    if version:
        with keeping(STEP, version) as keep:
            _keep(keep, name, result)
    return result


def tidy() -> None:
    """Remove results that are older than a week; what is needed again is computed again."""
    forget(STEP, DAYS)


def _windows(parts: Iterator[pa.Table], most: int) -> Iterator[list[bytes]]:
    """The parts as bytes, as many at once as may be under way."""
    window: list[bytes] = []
    for part in parts:
        window.append(packed(part))
        if len(window) == most or sum(map(len, window)) > _MOST_BYTES:
            yield window
            window = []
    if window:
        yield window


def _window(engine: Engine, work: Work[Result], window: list[bytes], version: str) -> Iterator[Result]:
    names = [hashlib.blake2b(part, digest_size=_SUM).hexdigest() for part in window]
    opened = {name: _opened(blob) for name, blob in known(STEP, version, names).items()}
    found = {name: one[0] for name, one in opened.items() if one is not None}
    missing = {name: part for name, part in zip(names, window, strict=True) if name not in found}
    fresh = engine.map_parts(work, map(unpacked, missing.values()))
    with keeping(STEP, version) as keep:
        for name, result in zip(missing, fresh, strict=True):
            _keep(keep, name, result)
            found[name] = result
    yield from (found[name] for name in names)


def _by_id(table: pa.Table, ids: pa.ChunkedArray, rows: int) -> Iterator[pa.Table]:
    """Parts of ids that begin alike, of `rows` or fewer on average; of a table in another order just parts."""
    in_order = pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py()
    ranges = 1
    while in_order and ranges < _MOST_RANGES and ranges * rows < table.num_rows:
        ranges *= 2
    for low, high in pairwise(bounds(ids, ranges) if in_order else [0, table.num_rows]):
        yield from parts_of(table.slice(low, high - low), rows if not in_order else 4 * rows)


def _version(work: object) -> str | None:
    """What results of `work` hang on besides their rows; None where it cannot be told."""
    stream = BytesIO()
    try:
        _Stable(stream, protocol=5).dump(work)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    return hashlib.blake2b(stream.getvalue() + _program(), digest_size=_SUM).hexdigest()


class _Stable(pickle.Pickler):
    """Writes equal bytes for equal settings in every process: of themselves they hold a set, whose order differs."""

    def reducer_override(self, given: object) -> Any:
        """Settings as their class and their values."""
        if isinstance(given, Settings):
            return str, (f"{type(given).__module__}.{type(given).__qualname__} {given.model_dump_json()}",)
        return NotImplemented


@cache
def _program() -> bytes:
    """A digest of this program's files and of the names and versions of installed packages."""
    root = Path(__file__).parents[1]
    found = hashlib.blake2b(digest_size=_SUM)
    for file in sorted(root.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    packages = sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    found.update("\n".join(packages).encode())
    return found.digest()


def _keep(keep: Callable[[str, bytes], None], name: str, result: object) -> None:
    plain = _pickled(result)
    if plain is not None and len(plain) <= _MOST_BYTES:
        keep(name, _closed(plain))


def _pickled(value: object) -> bytes | None:
    try:
        return pickle.dumps(value, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def _closed(plain: bytes) -> bytes:
    """Bytes that begin with their checksum and their size."""
    small = pa.compress(plain, codec="zstd", asbytes=True)
    body = len(plain).to_bytes(8, "big") + small
    return hashlib.blake2b(body, digest_size=_SUM).digest() + body


def _opened(blob: bytes) -> tuple[Any] | None:
    """The result in such bytes; None where they are broken."""
    checksum, body = blob[:_SUM], blob[_SUM:]
    if hashlib.blake2b(body, digest_size=_SUM).digest() != checksum:
        return None
    plain = pa.decompress(body[8:], int.from_bytes(body[:8], "big"), codec="zstd", asbytes=True)
    return (pickle.loads(plain),)
