"""`sft serve` under clients that take what they can get: how long /health takes meanwhile, memory, and the log.

    OMP_NUM_THREADS=1 python -m benchmarks.serving_limits            # all attacks
    OMP_NUM_THREADS=1 python -m benchmarks.serving_limits halves 30  # one, for so many seconds

A server of its own for each attack, with a linear head on the default project's encoder. /health is asked every tenth
of a second, each time on a connection of its own; one ordinary prediction at the end. Clients share the machine with
the server; one that is hung up on connects again a second later.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.serving import ROOT, classifier, cpu_of
from pipeline.runtime.ports import free_port

HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"


class Running(NamedTuple):
    """A server: its port, its process, and the file of what it said."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def kilobytes(self, what: str = "VmRSS") -> int:
        """Resident memory, or the most there ever was (`VmHWM`)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith(what)).split()[1])


@contextmanager
def serving(model: Path, files: int) -> Iterator[Running]:
    """The server, which may open so many files."""
    port = free_port("127.0.0.1", 9290)
    command = [sys.executable, "-m", "pipeline.cli", "serve", "--model", str(model), "--port", str(port)]
    log = model / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=said,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
        )
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield Running(port, process, log)
        finally:
            process.terminate()
            process.wait()


async def asked(port: int, request: bytes) -> tuple[float, bytes]:
    """Seconds until the whole answer is there, and its first line."""
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    try:
        answer = await asyncio.wait_for(reader.read(), 60)
        return time.perf_counter() - started, answer.partition(b"\r\n")[0]
    finally:
        writer.close()


def post(path: str, body: bytes) -> bytes:
    """A whole request."""
    return HEAD.format(path=path, size=len(body)).encode() + body


async def drip(port: int, until: float, sent: bytes = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\n") -> None:
    """A client that sends a byte a second, and connects again when it is hung up on."""
    while time.monotonic() < until:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            for sign in sent:
                if time.monotonic() > until:
                    break
                writer.write(bytes([sign]))
                await writer.drain()
                await asyncio.sleep(1)
            writer.close()
            await asyncio.sleep(1)
        except OSError:
            await asyncio.sleep(1)


async def half(port: int, until: float) -> None:
    """A client that sends half a request and waits."""
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD.format(path="/v1/predict", size=5000).encode() + b'{"rows": [')
            await asyncio.wait_for(reader.read(), max(0.1, until - time.monotonic()))
            writer.close()
            await asyncio.sleep(1)
        except (OSError, TimeoutError):
            await asyncio.sleep(1)


async def again(port: int, until: float, request: bytes) -> None:
    """A client that sends the same large request again and again."""
    while time.monotonic() < until:
        try:
            await asked(port, request)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.1)


def keys(size: int) -> bytes:
    """A JSON object of about `size` bytes that holds nothing but keys."""
    return json.dumps({f"key {n:07}": n for n in range(size // 25)}).encode()


class Attack(NamedTuple):
    """What is done: clients, each an endless task, and the files that the server may open."""

    files: int
    clients: int
    one: Callable[[int, float], Awaitable[None]]


LARGE = post("/v1/predict", keys(20_000_000))
TASK = post("/predict", json.dumps({"tasks": [{"data": {"text": "x" * 15_000_000}}]}).encode())
FITTING = post("/v1/predict", keys(7_900_000))
ATTACKS = {
    "quiet": Attack(1024, 0, drip),
    "slow": Attack(1024, 1_500, drip),
    "halves": Attack(128, 300, half),
    "keys": Attack(1024, 4, lambda port, until: again(port, until, LARGE)),
    "task": Attack(1024, 1, lambda port, until: again(port, until, TASK)),
    "fitting": Attack(1024, 4, lambda port, until: again(port, until, FITTING)),
}


def attacking(attack: Attack, port: int, until: float) -> None:
    """All clients of an attack, in a process of their own."""

    async def all_of_them() -> None:
        clients = [asyncio.ensure_future(attack.one(port, until)) for _ in range(attack.clients)]
        await asyncio.sleep(until - time.monotonic())
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    asyncio.run(all_of_them())


def under(server: Running, attack: Attack, seconds: float) -> tuple[list[float], int]:
    """How long /health took each time (60 where it failed), and the most memory meanwhile, in kB."""
    until = time.monotonic() + seconds
    clients = get_context("fork").Process(target=attacking, args=(attack, server.port, until))
    clients.start()
    took, most = list[float](), 0
    time.sleep(min(2, seconds / 4))
    while time.monotonic() < until:
        try:
            took.append(asyncio.run(asked(server.port, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"))[0])
        except (OSError, TimeoutError):
            took.append(60.0)
        most = max(most, server.kilobytes())
        time.sleep(0.1)
    clients.join()
    return took, most


def main() -> None:
    """What the command line names, or all."""
    words = sys.argv[1:]
    seconds = float(words[1]) if len(words) > 1 else 20.0
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096) if hard > 0 else 4_096, hard))
    with tempfile.TemporaryDirectory() as place:
        model = classifier(Path(place))
        good = post("/v1/predict", json.dumps({"rows": [{"text": "quite a nice chess set"}]}).encode())
        for name in [words[0]] if words else ATTACKS:
            with serving(model, ATTACKS[name].files) as server:
                asyncio.run(asked(server.port, good))  # loads the model
                before, cpu = server.kilobytes(), cpu_of(server.process.pid)
                took, most = under(server, ATTACKS[name], seconds)
                cpu = cpu_of(server.process.pid) - cpu
                _, status = asyncio.run(asked(server.port, good))
                print(
                    f"{name}: {ATTACKS[name].clients:,} clients, /health {len(took)} times:"
                    f" p50 {np.percentile(took, 50) * 1000:.0f} ms, p99 {np.percentile(took, 99) * 1000:.0f} ms,"
                    f" most {max(took) * 1000:.0f} ms; memory {before / 1024:.0f} MB, most {most / 1024:.0f} MB;"
                    f" {cpu:.1f} CPU s; log {server.log.stat().st_size:,} bytes; then {status.decode()}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
