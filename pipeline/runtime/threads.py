"""Threads: linear algebra gets one a process, independent pieces of work run side by side.

Where a sum is cut in parts, one a thread, it rounds elsewhere with each number of threads, and a fit then stops
elsewhere: results would hang on the machine. Small products also wait for each other longer than they compute, above
all where something else uses a core (measured: docs/performance.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How many cores this process and its children may use: set by hand, or by `limit_threads` before it sets the others.
CORES = "SFT_CORES"
_BLAS = ("OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_ALL = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", *_BLAS)

_place = local()


def cores() -> int:
    """How many pieces of work may run at once: SFT_CORES, else OMP_NUM_THREADS, else the cores of this process."""
    for name in (CORES, "OMP_NUM_THREADS"):
        given = os.environ.get(name, "")
        if given.isdigit() and int(given) > 0:
            return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit_threads(trains: bool = False) -> None:
    """One thread for linear algebra in this process and its children, for libraries loaded by now and later ones.

    `trains`: torch keeps all cores; the weights that it then finds hang on their number.
    """
    os.environ[CORES] = str(cores())
    os.environ.update(dict.fromkeys(_BLAS if trains else _ALL, "1"))
    threadpool_limits(1, "blas" if trains else None)


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work` on every item in as many threads as there are cores, results in order.

    For work that spends its time in numpy, scipy or torch, which let other threads run. Inside another such call, and
    for one item, everything runs in this thread.
    """
    todo = list(items)
    workers = min(cores(), len(todo))
    if workers < 2 or getattr(_place, "is_worker", False):
        yield from map(work, todo)
        return
    with ThreadPoolExecutor(workers, initializer=_mark) as pool:
        yield from pool.map(work, todo)


def _mark() -> None:
    _place.is_worker = True
