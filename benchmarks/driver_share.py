"""How much of a run the driver does itself: the CPU time outside of the parts that an engine can send elsewhere.

    python -m benchmarks.driver_share 20000              # rows; all data stages, short rows, TF-IDF, with label errors
    python -m benchmarks.driver_share 20000 embeddings   # the encoder of the default project

Every stage runs in this kind of process once, nothing cached, with `engine: {kind: local}`, so that what a cluster's
workers would do is done here and can be told apart: time in functions over parts of tables against all time, loading of
libraries included. The bar is a driver's share of at most 10 %.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.increment import default_encoder, start
from benchmarks.memory import COMMANDS, ROOT, short_rows

#: Runs a stage and leaves the CPU seconds within mapped parts and of the whole process in a file.
RUNNER = """
import json, runpy, sys, time
from pathlib import Path
from pipeline.runtime.engine import Engine
spent = [0.0]
def map_parts(self, work, parts):
    for part in parts:
        started = time.process_time()
        result = work(part)
        spent[0] += time.process_time() - started
        yield result
Engine.map_parts = map_parts
place, stage, *sys.argv[1:] = sys.argv[1:]
sys.argv[0] = stage
try:
    runpy.run_module(f"pipeline.{stage}", run_name="__main__")
finally:
    Path(place).write_text(json.dumps([spent[0], time.process_time()]))
"""


def main() -> None:
    """One line a stage, and the share of all."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    totals = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        encoder = default_encoder() if "embeddings" in sys.argv else "{name: tfidf}"
        start(folder, list(short_rows(count)), encoder)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "SFT_CACHE": str(folder / "cache")}
        for stage, words in COMMANDS.items():
            command = [sys.executable, "-c", RUNNER, str(Path(place) / "spent"), stage, *words.split()]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr[-3000:])
            mapped, whole = json.loads((Path(place) / "spent").read_text("utf-8"))
            totals = [totals[0] + mapped, totals[1] + whole]
            told(stage, mapped, whole)
    told("all", *totals)


def told(name: str, mapped: float, whole: float) -> None:
    """CPU seconds, and the share that does not leave the driver."""
    print(f"{name:9} {whole:7.1f} CPU s, of them {mapped:.1f} in parts: driver {1 - mapped / whole:.0%}", flush=True)


if __name__ == "__main__":
    main()
