"""The step functions on a Ray cluster of two nodes on this machine, one of them killed half-way: the same bytes.

    python -m benchmarks.cluster 20000        # in an environment that has ray (docs/cleaning/cluster.md)

Starts a head and a worker node, runs three of the steps that an engine maps over generated rows (benchmarks/clean.py)
in this process, on the two nodes, and on them once more while the worker is killed. Prints wall seconds and the hash of
what the steps made; exits 1 where a hash differs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import partial
from pathlib import Path

import pyarrow as pa

from benchmarks.clean import write
from pipeline.clean.params import Params
from pipeline.clean.step import Context
from pipeline.clean.steps import STEPS
from pipeline.core.settings import load, load_task
from pipeline.runtime.engine import Engine
from pipeline.runtime.stage import StageReport
from pipeline.runtime.store import read_table, write_table

MAPPED = ("repair_text", "language", "near_duplicates")
PORT = 6399
_STARTS = 180  # seconds that a node may take; other work slows it down
RAY_SETTINGS = {
    "RAY_AUTH_MODE": "token",  # it listens on all interfaces, whatever address a node is given
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_raylet_start_wait_time_s": str(_STARTS),
    "RAY_agent_register_timeout_ms": str(1000 * _STARTS),
    "RAY_worker_niceness": "0",
    "RAY_health_check_timeout_ms": "20000",  # a busy machine is late with its heartbeats
}
RAY = Path(sys.executable).parent / "ray"
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run every way and compare."""
    size = int(sys.argv[1]) if sys.argv[1:] else 20_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, size, "{kind: local}")
        os.environ |= {"PYTHONPATH": str(ROOT), **RAY_SETTINGS}
        hashes = [timed("this process", Engine(), folder)]
        address = f"127.0.0.1:{PORT}"
        nodes = [node(["--head", f"--port={PORT}", "--num-cpus=1", "--include-dashboard=false"])]
        try:
            nodes.append(node([f"--address={address}", "--num-cpus=1"]))
            engine = Engine(kind="ray", address=address, rows=256, window=16)
            hashes.append(timed("two nodes", engine, folder))
            hashes.append(timed("two nodes, one killed half-way", engine, folder, killed=nodes[1]))
        except Exception:
            traceback.print_exc()  # before the nodes die: without them Ray ends this process
            raise
        finally:
            for process in nodes:
                kill(process)
    same = len(set(hashes)) == 1
    print("the same bytes" if same else "THE BYTES DIFFER", flush=True)
    sys.exit(not same)


def node(arguments: list[str]) -> subprocess.Popen[bytes]:
    """A Ray node in a process group of its own."""
    log = Path(tempfile.gettempdir()) / f"ray-{arguments[0].strip('-').split('=')[0]}.log"
    with log.open("wb") as stream:
        command = [
            str(RAY),
            "start",
            *arguments,
            "--block",
            "--node-ip-address=127.0.0.1",
            "--object-store-memory=300000000",
        ]
        process = subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)
    ends = time.monotonic() + _STARTS
    while "Ray runtime started" not in log.read_text("utf-8", "replace"):
        if process.poll() is not None or time.monotonic() > ends:
            kill(process)
            raise SystemExit(f"a node did not start; {log} says why")
        time.sleep(0.5)
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a node and all it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def timed(name: str, engine: Engine, folder: Path, killed: subprocess.Popen[bytes] | None = None) -> str:
    """The hash of what the steps made of the rows; `killed` dies when the second step has begun."""
    started = time.monotonic()
    params = load("clean", Params, folder / "params.yaml")
    context = Context(load_task(folder / "params.yaml"), engine=engine)
    report = StageReport("clean", read_table(folder / "data/collect/records.parquet"))
    for step in MAPPED:
        if killed and step == "language":
            threading.Timer(0.3, kill, [killed]).start()
        report.apply(step, partial(STEPS[step].function, settings=params.of(step), context=context))
    gone = "" if killed is None else f", node {'dead' if killed.poll() is not None else 'STILL ALIVE'}"
    files = [folder / "records.parquet", folder / "dropped.parquet"]
    for table, file in zip((report.table, pa.concat_tables(report.dropped)), files, strict=True):
        write_table(table, file)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    print(f"{name:32} {time.monotonic() - started:7.1f} s  {digest.hexdigest()[:16]}{gone}", flush=True)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
