"""Where work on parts of a table is done: in this process, on Daft here, or on a Ray cluster through Daft.

A part of a table goes in, anything that can be pickled comes out. What a function returns must hang on the
rows of its part alone, not on where a part begins: then every engine gives the same result bytes, and no stage need
know which one runs. For that reason DVC does not track the section `engine`: another engine re-runs nothing.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
from pydantic import Field, model_validator

from pipeline.core.errors import PipelineError, shorten
from pipeline.core.progress import Progress
from pipeline.core.settings import Settings, load_optional
from pipeline.runtime.parts import parts_of
from pipeline.runtime.threads import cores, side_by_side

log = logging.getLogger("pipeline")

Result = TypeVar("Result")
Work = Callable[[pa.Table], Result]

_INSTALL = "Install the cluster's part: pip install 'ray[default]==2.60.0'"


class Engine(Settings):
    """Section `engine` of params.yaml; without it everything runs in this process."""

    kind: Literal["local", "daft", "ray"] = "local"  # daft: all cores of this machine; ray: a cluster, through Daft
    address: str | None = None  # ray only: `auto` for the cluster this machine belongs to, or ray://host:10001
    rows: int = Field(default=4096, ge=1)  # rows a part; changes speed, never results; a guess: not measured
    # `window` is a guess: not measured.
    window: int = Field(default=64, ge=1)  # parts that are under way at once; bounds the memory of the driver

    @model_validator(mode="after")
    def _address_is_of_a_cluster(self) -> Engine:
        if (self.kind == "ray") != (self.address is not None):
            raise ValueError("kind ray needs an address (auto, or ray://host:10001), the other kinds take none")
        return self

    def map(self, work: Work[Result], table: pa.Table) -> Iterator[Result]:
        """`work` on each part of the table, results in order; an empty table is one part.

        `work` and its results must pickle: a function of a module, or a `partial` of one.
        """
        progress = Progress("rows", table.num_rows)
        for result in self.map_parts(work, parts_of(table, self.rows) if table.num_rows else iter([table])):
            yield result
            progress.add(self.rows)

    def map_parts(self, work: Work[Result], parts: Iterator[pa.Table], threads: bool = False) -> Iterator[Result]:
        """`work` on each of the parts, results in order.

        `threads`: in this process as many at once as there are cores, for work that spends its time in numpy or scipy.
        """
        if self.kind != "local":
            return self._on_daft(work, parts)
        return _in_threads(work, parts) if threads else map(work, parts)

    def _on_daft(self, work: Work[Result], parts: Iterator[pa.Table]) -> Iterator[Result]:
        daft = _daft(self.kind, self.address)
        function = daft.func(partial(_run, work), return_dtype=daft.DataType.binary(), use_process=self.kind == "daft")
        while window := _window_of(parts, self.window):
            for result in self._window(daft, function, window):
                yield _result(result)

    def _window(self, daft: Any, function: Any, window: list[bytes]) -> list[bytes]:
        """Results in the order of the parts. A node of a cluster may take parts with it: then they are done again."""
        frame = daft.from_pydict({"n": list(range(len(window))), "part": window})
        if self.kind == "ray":
            frame = frame.into_partitions(len(window))  # so that nodes share them
        for left in reversed(range(_TRIES if self.kind == "ray" else 1)):
            try:
                found = frame.select("n", function(frame["part"]).alias("result")).to_pydict()
            except Exception as error:
                if not left:
                    raise PipelineError(f"engine: {self.kind} failed: {shorten(error, 300)}", _LOOK) from error
                log.info("engine    %s: these %d parts once more", shorten(error, 120), len(window))
        return [result for _, result in sorted(zip(found["n"], found["result"], strict=True))]


#: Of the parts of a window together, unless one alone is larger. A guess: not measured.
_MOST_BYTES = 2**28
# `_TRIES` is a guess: not measured.
#: Runs of one window on a cluster. Daft moves tasks off a dead node, but what they had made there is lost.
_TRIES = 3
_LOOK = "The log above names the cause; `engine: {kind: local}` runs the same steps in this process."


def load_engine(path: Path = Path("params.yaml")) -> Engine:
    """The `engine` section of the file at `path`, or the default where it has none, or there is no such file."""
    if not path.is_file():
        return Engine()
    about = path.stat()
    return _read(path.resolve(), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int, size: int) -> Engine:
    """Asked for before every large step, so the file is read once as long as it stays as it is."""
    return load_optional("engine", Engine, path)


@cache
def _daft(kind: str, address: str | None) -> Any:
    """Daft with its runner chosen; it can be chosen once in a process."""
    os.environ.setdefault("DAFT_ANALYTICS_ENABLED", "0")
    import daft

    if kind == "ray":
        try:
            import ray  # noqa: F401
        except ImportError:
            raise PipelineError("engine.kind is ray, but ray is not installed.", _INSTALL) from None
        daft.set_runner_ray(address, noop_if_initialized=True)
    else:
        daft.set_runner_native()
    return daft


def packed(part: pa.Table) -> bytes:
    """A part as bytes, equal for equal rows; without what of a larger table lies around it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.schema) as writer:
        writer.write_table(part)
    return sink.getvalue().to_pybytes()


def unpacked(part: bytes) -> pa.Table:
    """The part that `packed` made bytes of."""
    return pa.ipc.open_stream(part).read_all()


def _in_threads(work: Work[Result], parts: Iterator[pa.Table]) -> Iterator[Result]:
    """As many at once as there are cores: few parts lie in memory."""
    while window := list(islice(parts, cores())):
        yield from side_by_side(work, window)


def _window_of(parts: Iterator[pa.Table], most: int) -> list[bytes]:
    """The next parts, as many as may be under way at once, and as fit the memory."""
    window: list[bytes] = []
    for part in islice(parts, most):
        window.append(packed(part))
        if sum(map(len, window)) > _MOST_BYTES:
            break
    return window


def _run(work: Work[object], part: bytes) -> bytes:
    try:
        return pickle.dumps((work(unpacked(part)), None), protocol=5)
    except Exception as error:  # raised again where the stage runs, as without an engine
        return pickle.dumps((None, error), protocol=5)


def _result(result: bytes) -> Any:
    value, error = pickle.loads(result)
    if error is not None:
        raise error
    return value
