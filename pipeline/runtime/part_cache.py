"""Results of work on parts of a table, kept by content: what is as it was in an earlier run is not worked on again.

A result hangs on the function with its arguments, the rows of its part, this program's code and the installed packages:
all of them are in its key. Parts are cut where ids begin with certain digits, so that a row that comes, goes or changes
touches its own part alone; and of that part only rows that changed are worked on, where the caller can put results
together (part_changes.py). Entries carry a checksum: what is broken is computed again.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.core.cache import forget, keeping, known
from pipeline.core.program import program_digest
from pipeline.core.progress import Progress
from pipeline.core.settings import Settings
from pipeline.runtime.engine import Engine, Work, packed, unpacked
from pipeline.runtime.part_changes import Change, Update, changed_rows
from pipeline.runtime.parts import MOST_BYTES, parts_of
from pipeline.runtime.shards import bounds
from pipeline.runtime.threads import cores

Result = TypeVar("Result")

#: The name of these results in the cache, as `sft cache` shows it.
STEP = "parts of tables"
#: Smaller tables are worked on at once: to look up would take as long. A guess: not measured.
FEWEST_ROWS = 2000
#: Days after which results are removed: those of settings that were tried out. A guess: not measured.
DAYS = 7

_SUM = 16  # a guess: not measured
_MOST_BYTES = 2**28  # that wait at once, and of a result that is kept; a guess: not measured
_MOST_RANGES = 4096  # a guess: not measured
_AS_IT_WAS = "as it was: "


def map_parts(
    engine: Engine,
    work: Work[Result],
    table: pa.Table,
    ids: pa.ChunkedArray,
    update: Update[Result] | None = None,
) -> Iterator[Result]:
    """`work` on each part of the table, results in order, wherever the engine runs it and only where none is known.

    `ids` are those of the table's rows. What cannot be pickled is not kept. With `update`, of a part that is much as it
    was in an earlier run the rows that changed alone are worked on; it makes the result that the whole would give.
    """
    version = _version(work) if table.num_rows >= FEWEST_ROWS else None
    if version is None:
        yield from engine.map(work, table)
        return
    progress = Progress("rows", table.num_rows)
    for window in _windows(_by_id(table, ids, engine.rows), engine.window):
        yield from _window(_Run(engine, work, version, update), window, progress)


def map_kept(engine: Engine, work: Work[Result], parts: Iterator[pa.Table]) -> Iterator[Result]:
    """`work` on each of the parts, results in order: side by side, and only where none is known.

    For costly work on parts that are not cut from a table by id, and that spends its time in numpy or scipy.
    """
    version = _version(work)
    if version is None:
        yield from engine.map_parts(work, parts, threads=True)
        return
    run, progress = _Run(engine, work, version, None, threads=True), Progress("rows", 0)
    for window in _windows(map(_plain, parts), cores() if engine.kind == "local" else engine.window):
        yield from _window(run, window, progress)


def kept(
    name: str, inputs: object, compute: Callable[[], Result], holds: Callable[[Result], bool] = lambda _: True
) -> Result:
    """What `compute` gives for `inputs`, which must pickle to the same bytes in every run.

    `holds`: whether an earlier result is still right, where it hangs on more than can be named before.
    """
    version = _version((name, inputs))
    blob = known(STEP, version or "", [name]).get(name) if version else None
    found = _opened(blob) if blob else None
    if found is not None and holds(found[0]):
        return cast("Result", found[0])
    result = compute()
    if version:
        with keeping(STEP, version) as keep:
            _keep(keep, name, result)
    return result


def recall(use: object, place: str) -> Any:
    """What `remember` was last given there by this program; None where that is nothing. It may be out of date.

    What `kept` holds under a name for inputs is at the place `name` of the use `(name, inputs)`.
    """
    version = _version(use) or ""
    blob = known(STEP, version, [place]).get(place)
    found = _opened(blob) if blob else None
    return None if found is None else found[0]


def remember(use: object, place: str, value: object) -> None:
    """Keep what later runs may start from, in place of what was kept under that name."""
    with keeping(STEP, _version(use) or "") as keep:
        _keep(keep, place, value)


def digest(values: NDArray[Any] | Sequence[str]) -> str:
    """A name of an array (by its shape and content) or of texts, for the inputs of `kept`."""
    found = hashlib.blake2b(digest_size=_SUM)
    if isinstance(values, np.ndarray):
        found.update(f"{values.dtype} {values.shape}".encode())
        found.update(np.ascontiguousarray(values).data)
        return found.hexdigest()
    for text in values:
        plain = text.encode("utf-8", "surrogatepass")
        found.update(len(plain).to_bytes(8, "big") + plain)
    return found.hexdigest()


def tidy() -> None:
    """Remove results that are older than a week; what is needed again is computed again."""
    forget(STEP, DAYS)


class _Part(NamedTuple):
    """A part as bytes, its name by content, where in the table it is, and the ids of its rows."""

    rows: bytes
    name: str
    place: str
    ids: NDArray[Any]


class _Run(NamedTuple):
    """Where and how parts are worked on."""

    engine: Engine
    work: Work[Any]
    version: str
    update: Update[Any] | None
    threads: bool = False


class _Job(NamedTuple):
    """A part to work on: all of it, or where it is much as it was the rows that came (and those that went)."""

    part: _Part
    tables: list[pa.Table]
    change: Change | None = None
    before: Any = None


def _windows(parts: Iterator[_Part], most: int) -> Iterator[list[_Part]]:
    """The parts, as many at once as may be under way."""
    window: list[_Part] = []
    for part in parts:
        window.append(part)
        if len(window) == most or sum(len(one.rows) for one in window) > _MOST_BYTES:
            yield window
            window = []
    if window:
        yield window


def _window(run: _Run, window: list[_Part], progress: Progress) -> Iterator[Any]:
    found = _found(run.version, [part.name for part in window])
    missing = {part.name: part for part in window if part.name not in found}
    progress.add(sum(len(part.ids) for part in window if part.name in found))
    jobs = _jobs(run, list(missing.values()))
    fresh = iter(run.engine.map_parts(run.work, (table for job in jobs for table in job.tables), run.threads))
    with keeping(STEP, run.version) as keep:
        for job in jobs:
            result = _result(run, job, [next(fresh) for _ in job.tables])
            _keep(keep, job.part.name, result)
            if run.update:
                _keep(keep, _AS_IT_WAS + job.part.place, (job.part.name, job.part.rows, job.part.ids))
            found[job.part.name] = result
            progress.add(len(job.part.ids))
    yield from (found[part.name] for part in window)


def _found(version: str, names: Sequence[str]) -> dict[str, Any]:
    opened = {name: _opened(blob) for name, blob in known(STEP, version, names).items()}
    return {name: one[0] for name, one in opened.items() if one is not None}


def _jobs(run: _Run, missing: Sequence[_Part]) -> list[_Job]:
    """Each part with what it is to be worked on, whole but for what an earlier run knows of it."""
    earlier = _found(run.version, [_AS_IT_WAS + part.place for part in missing]) if run.update else {}
    results = _found(run.version, [name for name, *_ in earlier.values()])
    jobs = []
    for part in missing:
        rows = unpacked(part.rows)
        job = _Job(part, [rows])
        name, before, ids = earlier.get(_AS_IT_WAS + part.place, ("", b"", None))
        if name in results:
            old = unpacked(before)
            change = changed_rows(old, ids, rows, part.ids)
            if change is not None:
                some = [rows.filter(pa.array(change.came)), old.filter(pa.array(change.gone))]
                job = _Job(part, some if change.gone.any() else some[:1], change, results[name])
        jobs.append(job)
    return jobs


def _result(run: _Run, job: _Job, found: list[Any]) -> Any:
    if job.change is None or run.update is None:
        return found[0]
    result = run.update(job.before, found[1] if len(found) > 1 else None, found[0], job.change)
    if result is None:
        return next(iter(run.engine.map_parts(run.work, iter([unpacked(job.part.rows)]))))
    return result


def _plain(part: pa.Table) -> _Part:
    """A part without a place in a table."""
    rows = packed(part)
    return _Part(rows, hashlib.blake2b(rows, digest_size=_SUM).hexdigest(), "", np.zeros(part.num_rows, np.str_))


def _by_id(table: pa.Table, ids: pa.ChunkedArray, rows: int) -> Iterator[_Part]:
    """Parts of ids that begin alike, of `rows` or fewer on average; of a table in another order just parts."""
    in_order = pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py()
    ranges = 1
    while in_order and ranges < _MOST_RANGES and ranges * rows < table.num_rows:
        ranges *= 2
    for n, (low, high) in enumerate(pairwise(bounds(ids, ranges) if in_order else [0, table.num_rows])):
        start = low
        for part in parts_of(_whole(table.slice(low, high - low)), rows if not in_order else 4 * rows):
            plain = packed(part)
            name = hashlib.blake2b(plain, digest_size=_SUM).hexdigest()
            its_ids = ids.slice(start, part.num_rows).to_numpy().astype(str)
            yield _Part(plain, name, f"{n} of {ranges}, {start - low}", its_ids)
            start += part.num_rows


def _whole(rows: pa.Table) -> pa.Table:
    """The rows in one chunk, unless they are many bytes: how they were cut is of no matter."""
    return rows.combine_chunks() if rows.nbytes <= MOST_BYTES else rows


def _version(work: object) -> str | None:
    """What results of `work` hang on besides their rows; None where it cannot be told."""
    stream = BytesIO()
    try:
        _Stable(stream, protocol=5).dump(work)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    return hashlib.blake2b(stream.getvalue() + program_digest(), digest_size=_SUM).hexdigest()


class _Stable(pickle.Pickler):
    """Writes equal bytes for equal settings in every process: of themselves they hold a set, whose order differs."""

    def reducer_override(self, given: object) -> Any:
        """Settings as their class and their values."""
        if isinstance(given, Settings):
            return str, (f"{type(given).__module__}.{type(given).__qualname__} {given.model_dump_json()}",)
        return NotImplemented


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
