"""How much of the possible rate the client of language models reaches, with answers that take unequally long.

    python -m benchmarks.llm_client [questions a place]      # 40 by default

A service in a process of its own takes log-normal times (median 0.2 s, sigma 1: a few answers take ten times as long as
most). `possible` is a client without any cost of its own that always keeps `parallel` requests under way, in the order
of the questions. Beside it: waves of 4 x parallel requests, each waiting for its slowest one, without any cost either.
"""

from __future__ import annotations

import heapq
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection

import numpy as np

from pipeline.llm.client import ask_all
from pipeline.llm.question import ask
from pipeline.llm.remote import RemoteModel
from pipeline.llm.settings import Endpoint
from tests.llm.server import serving

MEDIAN, SIGMA = 0.2, 1.0


def main() -> None:
    places = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    print(f"{'parallel':>8} {'questions':>9} {'possible s':>10} {'ours s':>7} {'ours':>5} {'waves':>5}")
    for parallel in (4, 16, 64):
        times = (MEDIAN * np.random.default_rng(parallel).lognormal(0, SIGMA, places * parallel)).tolist()
        possible, taken = schedule(times, parallel), run(times, parallel)
        rates = f"{possible / taken:>5.2f} {possible / waves(times, parallel):>5.2f}"
        print(f"{parallel:>8} {len(times):>9} {possible:>10.2f} {taken:>7.2f} {rates}")


def run(times: list[float], parallel: int) -> float:
    """Seconds that the client takes, the cache's writing included."""
    questions = [ask(f"number {n}") for n in range(len(times))]
    with tempfile.TemporaryDirectory() as folder, service(times) as url:
        os.environ["SFT_CACHE"] = folder
        engine = RemoteModel(Endpoint(url=url, model="m", parallel=parallel), "benchmark")
        ask_all(engine, [ask("warm up")])  # the libraries' own start is no part of the rate
        started = time.perf_counter()
        ask_all(engine, questions)
        return time.perf_counter() - started


@contextmanager
def service(times: list[float]) -> Iterator[str]:
    """The address of a service whose n-th answer after a first one takes the n-th of `times`."""
    there, here = Pipe()
    process = Process(target=_serve, args=([0.0, *times], there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()


def _serve(times: list[float], pipe: Connection) -> None:
    with serving(lambda body, number: "fine", latency=lambda number: times[number]) as running:
        pipe.send(running.url)
        time.sleep(3600)


def schedule(times: list[float], parallel: int) -> float:
    """Seconds until all are answered where the next request starts as soon as one ends."""
    ends = [0.0] * parallel
    for seconds in times:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)


def waves(times: list[float], parallel: int) -> float:
    """Seconds of waves of 4 x parallel requests."""
    size = 4 * parallel
    return sum(schedule(times[start : start + size], parallel) for start in range(0, len(times), size))


if __name__ == "__main__":
    main()
