"""The step functions on a Ray cluster of two nodes on this machine, one of them killed half-way: the same bytes.

    python -m benchmarks.cluster 20000        # with the interpreter of an environment that has ray (docs/cleaning.md)

Starts a head and a worker node, runs the steps that an engine maps over generated rows (benchmarks/clean.py) in this
process, on the two nodes, and on them once more while the worker is killed. Prints wall seconds and the hash of what
the steps made; exits 1 where a hash differs.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import pyarrow as pa

from benchmarks.clean import write
from pipeline.clean.params import Params
from pipeline.clean.step import Context
from pipeline.clean.steps import STEPS
from pipeline.engine import Engine
from pipeline.settings import load, load_task
from pipeline.stage import StageReport
from pipeline.store import read_table

MAPPED = ("repair_text", "missing", "annotations", "language", "pii", "quality", "near_duplicates")
PORT = 6399
RAY = Path(sys.executable).parent / "ray"
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run every way and compare."""
    size = int(sys.argv[1]) if sys.argv[1:] else 20_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, size, "{kind: local}")
        os.environ |= {"RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
        hashes = [timed("this process", Engine(), folder)]
        address = f"127.0.0.1:{PORT}"
        nodes = [node(["--head", f"--port={PORT}", "--num-cpus=1", "--include-dashboard=false"])]
        time.sleep(20)
        nodes.append(node([f"--address={address}", "--num-cpus=1"]))
        time.sleep(20)
        try:
            engine = Engine(kind="ray", address=address, rows=512, window=16)
            hashes.append(timed("two nodes", engine, folder))
            hashes.append(timed("two nodes, one killed half-way", engine, folder, killed=nodes[1]))
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
            RAY,
            "start",
            *arguments,
            "--block",
            "--node-ip-address=127.0.0.1",
            "--object-store-memory=300000000",
        ]
        return subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a node and all it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def timed(name: str, engine: Engine, folder: Path, killed: subprocess.Popen[bytes] | None = None) -> str:
    """The hash of what the steps made of the rows; `killed` dies when the third step begins."""
    started = time.monotonic()
    params = load("clean", Params, folder / "params.yaml")
    context = Context(load_task(folder / "params.yaml"), engine=engine)
    report = StageReport("clean", read_table(folder / "data/collect/records.parquet"))
    for step in MAPPED:
        if killed and step == "language":
            threading.Timer(4.0, kill, [killed]).start()
        report.apply(step, partial(STEPS[step], settings=getattr(params, step), context=context))
    gone = "" if killed is None else f", node {'dead' if killed.poll() is not None else 'STILL ALIVE'}"
    digest = hashlib.sha256()
    for table in (report.table, *report.dropped):
        for batch in table.combine_chunks().to_batches():
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            digest.update(sink.getvalue())
    print(f"{name:32} {time.monotonic() - started:7.1f} s  {digest.hexdigest()[:16]}{gone}", flush=True)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
